import HubCore

extension TransformersFacts {
    /// Reads `config.json`: the first architecture's name tells the task, by the naming rule of the library.
    init?(config: JSONValue) {
        guard let architecture = config["architectures"]?.array?.first?.string else { return nil }
        let map = config["auto_map"]?.object
        let type = config["model_type"]?.string ?? ""
        let found =
            Self.byArchitecture[architecture]
            ?? Self.bySuffix.first { architecture.hasSuffix($0.suffix) && $0.applies(type, config) }?.task
            ?? Task("AutoModel", "feature-extraction", nil)
        autoModel = found.autoModel
        pipeline = found.pipeline
        processor = found.processor ?? Self.processor(of: config)
        customClass = map?[found.autoModel]?.string
        if let map, map[found.autoModel] == nil, let key = map.keys.first(where: { $0.string.hasPrefix("AutoModel") }) {
            autoModel = key.string
            customClass = map[key]?.string
        }
    }

    private struct Task {
        let autoModel: String
        let pipeline: String?
        let processor: String?

        init(_ autoModel: String, _ pipeline: String?, _ processor: String?) {
            self.autoModel = autoModel
            self.pipeline = pipeline
            self.processor = processor
        }
    }

    private struct Rule {
        let suffix: String
        let task: Task

        /// Families the rule is for; empty for all.
        var types: Set<String> = []
        var needsVision = false

        func applies(_ type: String, _ config: JSONValue) -> Bool {
            (types.isEmpty || types.contains(type)) && (!needsVision || config["vision_config"] != nil)
        }
    }

    private static let tokenizer = "AutoTokenizer"
    private static let images = "AutoImageProcessor"
    private static let sounds = "AutoProcessor"

    /// In this order: an earlier rule wins.
    private static let bySuffix: [Rule] = [
        Rule(suffix: "ForCausalLM", task: Task("AutoModelForCausalLM", "text-generation", tokenizer)),
        Rule(suffix: "LMHeadModel", task: Task("AutoModelForCausalLM", "text-generation", tokenizer)),
        Rule(suffix: "ForMaskedLM", task: Task("AutoModelForMaskedLM", "fill-mask", tokenizer)),
        Rule(suffix: "ForPreTraining", task: Task("AutoModelForPreTraining", nil, tokenizer)),
        Rule(
            suffix: "ForSequenceClassification",
            task: Task("AutoModelForSequenceClassification", "text-classification", tokenizer)),
        Rule(
            suffix: "ForTokenClassification",
            task: Task("AutoModelForTokenClassification", "token-classification", tokenizer)),
        Rule(
            suffix: "ForQuestionAnswering", task: Task("AutoModelForQuestionAnswering", "question-answering", tokenizer)
        ),
        Rule(suffix: "ForMultipleChoice", task: Task("AutoModelForMultipleChoice", "multiple-choice", tokenizer)),
        Rule(
            suffix: "ForConditionalGeneration",
            task: Task("AutoModelForSpeechSeq2Seq", "automatic-speech-recognition", sounds),
            types: ["whisper", "speech_to_text", "moonshine"]),
        Rule(
            suffix: "ForConditionalGeneration",
            task: Task("AutoModelForImageTextToText", "image-text-to-text", sounds), needsVision: true),
        Rule(
            suffix: "ForConditionalGeneration", task: Task("AutoModelForSeq2SeqLM", "text2text-generation", tokenizer)),
        Rule(
            suffix: "ForImageTextToText", task: Task("AutoModelForImageTextToText", "image-text-to-text", sounds)),
        Rule(
            suffix: "ForImageClassification",
            task: Task("AutoModelForImageClassification", "image-classification", images)),
        Rule(suffix: "ForObjectDetection", task: Task("AutoModelForObjectDetection", "object-detection", images)),
        Rule(
            suffix: "ForSemanticSegmentation",
            task: Task("AutoModelForSemanticSegmentation", "image-segmentation", images)),
        Rule(
            suffix: "ForUniversalSegmentation",
            task: Task("AutoModelForUniversalSegmentation", "image-segmentation", images)),
        Rule(suffix: "ForDepthEstimation", task: Task("AutoModelForDepthEstimation", "depth-estimation", images)),
        Rule(
            suffix: "ForAudioClassification",
            task: Task("AutoModelForAudioClassification", "audio-classification", "AutoFeatureExtractor")),
        Rule(suffix: "ForCTC", task: Task("AutoModelForCTC", "automatic-speech-recognition", sounds)),
    ]

    private static let byArchitecture: [String: Task] = [
        "CLIPModel": Task("AutoModelForZeroShotImageClassification", "zero-shot-image-classification", sounds),
        "SiglipModel": Task("AutoModelForZeroShotImageClassification", "zero-shot-image-classification", sounds),
        "VisionEncoderDecoderModel": Task("AutoModelForVision2Seq", "image-to-text", sounds),
        "ViTModel": Task("AutoModel", "image-feature-extraction", images),
    ]

    private static func processor(of config: JSONValue) -> String? {
        config["vocab_size"] == nil ? nil : tokenizer
    }
}
