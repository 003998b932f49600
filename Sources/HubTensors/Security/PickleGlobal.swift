/// A name that a pickle imports, such as `os.system`.
package struct PickleGlobal: Hashable, Sendable, CustomStringConvertible {
    package let module: String
    package let name: String

    package init(_ module: String, _ name: String) {
        self.module = module
        self.name = name
    }

    package var description: String { "\(module).\(name)" }

    /// Whether Python could find such a thing: dotted words without blanks or controls.
    var isPlausible: Bool { Self.isDottedName(module) && Self.isDottedName(name) }

    private static func isDottedName(_ text: String) -> Bool {
        let words = text.split(separator: ".", omittingEmptySubsequences: false)
        return words.allSatisfy { word in
            guard let first = word.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
            return word.unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isXIDContinue }
        }
    }
}

extension PickleGlobal {
    /// Whether loading this name, and calling it with any arguments, builds data and does nothing else.
    package var isAllowed: Bool { Self.allowed[module]?.contains(name) ?? false }

    // An allow-list, since a deny-list of Python's ways to run code never ends. Torch's own list for
    // `weights_only` loading is the model; `torch.storage._load_from_bytes` is left out because it unpickles.
    private static let allowed: [String: Set<String>] = {
        var table = containers
        for (module, names) in torch { table[module, default: []].formUnion(names) }
        for (module, names) in numpy { table[module, default: []].formUnion(names) }
        for (module, names) in trainerArguments { table[module, default: []].formUnion(names) }
        return table
    }()

    private static let builtinTypes: Set<String> = [
        "bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "long", "object", "range",
        "set", "slice", "str", "tuple", "unicode", "xrange",
    ]

    private static let containers: [String: Set<String>] = [
        "builtins": builtinTypes,
        "__builtin__": builtinTypes,
        "collections": ["Counter", "OrderedDict", "defaultdict", "deque"],
        "copyreg": ["_reconstructor", "__newobj__"],
        "copy_reg": ["_reconstructor", "__newobj__"],
        "_codecs": ["encode"],
        "argparse": ["Namespace"],
        "datetime": ["date", "datetime", "timedelta", "timezone"],
    ]

    private static let torchTypes: Set<String> = [
        "BFloat16Storage", "BoolStorage", "ByteStorage", "CharStorage", "ComplexDoubleStorage", "ComplexFloatStorage",
        "DoubleStorage", "FloatStorage", "HalfStorage", "IntStorage", "LongStorage", "QInt32Storage", "QInt8Storage",
        "QUInt2x4Storage", "QUInt4x2Storage", "QUInt8Storage", "ShortStorage", "UntypedStorage", "TypedStorage",
    ]

    private static let torch: [String: Set<String>] = [
        "torch": torchTypes.union([
            "BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor",
            "IntTensor", "LongTensor", "ShortTensor", "Size", "Tensor", "bfloat16", "bits16", "bits1x8", "bits2x4",
            "bits4x2", "bits8", "bool", "cdouble", "cfloat", "chalf", "channels_last", "channels_last_3d", "complex128",
            "complex32", "complex64", "contiguous_format", "device", "double", "float", "float16", "float32",
            "float4_e2m1fn_x2", "float64", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz",
            "float8_e8m0fnu", "half", "int", "int16", "int32", "int64", "int8", "long", "per_channel_affine",
            "per_channel_affine_float_qparams", "per_channel_symmetric", "per_tensor_affine", "per_tensor_symmetric",
            "preserve_format", "qint32", "qint8", "quint2x4", "quint4x2", "quint8", "short", "sparse_bsc", "sparse_bsr",
            "sparse_coo", "sparse_csc", "sparse_csr", "strided", "uint16", "uint32", "uint64", "uint8",
        ]),
        "torch.storage": ["TypedStorage", "UntypedStorage", "_TypedStorage", "_UntypedStorage"],
        "torch.cuda": torchTypes,
        "torch._utils": [
            "_rebuild_device_tensor_from_cpu_tensor", "_rebuild_device_tensor_from_numpy",
            "_rebuild_meta_tensor_no_storage", "_rebuild_nested_tensor", "_rebuild_parameter",
            "_rebuild_parameter_with_state", "_rebuild_qtensor", "_rebuild_sparse_csr_tensor", "_rebuild_sparse_tensor",
            "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_wrapper_subclass",
            "_rebuild_xla_tensor",
        ],
        "torch._tensor": ["_rebuild_from_type_v2"],
        "torch.nn.parameter": ["Buffer", "Parameter"],
        "torch.serialization": ["_get_layout"],
    ]

    private static let numpy: [String: Set<String>] = {
        let dtypes = [
            "Bool", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float16", "Float32",
            "Float64", "Complex64", "Complex128", "Bytes", "Str", "Void", "DateTime64", "TimeDelta64",
        ]
        return [
            "numpy": [
                "bool", "bool_", "complex128", "complex64", "dtype", "float16", "float32", "float64", "int16", "int32",
                "int64", "int8", "ndarray", "uint16", "uint32", "uint64", "uint8",
            ],
            "numpy.core.multiarray": ["_reconstruct", "scalar"],
            "numpy._core.multiarray": ["_reconstruct", "scalar"],
            "numpy.core.numeric": ["_frombuffer"],
            "numpy._core.numeric": ["_frombuffer"],
            "numpy.random._pickle": ["__bit_generator_ctor", "__generator_ctor", "__randomstate_ctor"],
            "numpy.dtypes": Set(dtypes.map { "\($0)DType" }),
        ]
    }()

    // What `transformers.Trainer` writes as training_args.bin beside every model: dataclasses and enumerations.
    private static let trainerArguments: [String: Set<String>] = [
        "accelerate.state": ["PartialState"],
        "accelerate.utils.dataclasses": ["DistributedType", "DynamoBackend", "TorchDynamoPlugin"],
        "transformers.debug_utils": ["DebugOption"],
        "transformers.trainer_pt_utils": ["AcceleratorConfig"],
        "transformers.trainer_utils": [
            "EvaluationStrategy", "FSDPOption", "HubStrategy", "IntervalStrategy", "SaveStrategy", "SchedulerType",
        ],
        "transformers.training_args": ["OptimizerNames", "ParallelMode", "TrainingArguments"],
        "transformers.training_args_seq2seq": ["Seq2SeqTrainingArguments"],
    ]
}
