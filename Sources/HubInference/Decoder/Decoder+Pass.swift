import CHubKernels

extension Decoder {
    /// Passes 1 to ``window`` tokens through all layers and leaves their normed hidden states in ``normed``.
    ///
    /// `keep` is called after each layer's keys and values are in ``key`` and ``value``.
    func pass(_ tokens: [Int32], keep: (_ layer: Int) -> Void = { _ in }) throws {
        try check(tokens, limit: window)
        let panels = (tokens.count + Self.lanes - 1) / Self.lanes
        embed(tokens, panels: panels)
        for (index, layer) in model.weights.layers.enumerated() {
            try interruption.check()
            norm(layer.attentionNorm, panels: panels)
            project(layer, panels: panels)
            turn(layer, panels: panels)
            keep(index)
            attend(window: model.shape.windows[index] ?? 0, panels: panels)
            addProjection(layer.output, of: attended, panels: panels)
            try interruption.check()
            norm(layer.feedForwardNorm, panels: panels)
            widen(layer, panels: panels)
            addProjection(layer.down, of: gate, panels: panels)
        }
        try interruption.check()
        norm(model.weights.finalNorm, panels: panels)
    }

    /// stream = embedding of each token, and of its position where positions are learned.
    private func embed(_ tokens: [Int32], panels: Int) {
        let (weights, hidden) = (model.weights, model.shape.hidden)
        let positions = (0..<Int32(tokens.count)).map { $0 }
        pool.forEach(panels, grain: 1) { range, _ in
            for panel in range {
                let first = panel * Self.lanes
                let count = min(Self.lanes, tokens.count - first)
                let target = stream[from: first * hidden]
                tokens.withUnsafeBufferPointer { ids in
                    guard let ids = ids.baseAddress else { return }
                    hub_inference_gather(weights.embedding.stored, ids + first, count, target, 0)
                }
                guard let table = weights.positions else { continue }
                positions.withUnsafeBufferPointer { ids in
                    guard let ids = ids.baseAddress else { return }
                    hub_inference_gather(table.stored, ids + first, count, target, 1)
                }
            }
        }
    }

    /// normed = norm(stream).
    private func norm(_ weights: NormWeights, panels: Int) {
        let (shape, path) = (model.shape, path)
        pool.forEach(panels, grain: 1) { range, _ in
            for panel in range {
                let (x, y) = (
                    stream[from: panel * Self.lanes * shape.hidden], normed[from: panel * Self.lanes * shape.hidden]
                )
                switch shape.norm {
                case .rms: hub_inference_rms_norm(path, x, weights.weight, shape.epsilon, y, shape.hidden)
                case .layer:
                    hub_inference_layer_norm(path, x, weights.weight, weights.bias, shape.epsilon, y, shape.hidden)
                }
            }
        }
    }

    /// query, key, value = their projections of normed, as one loop over the rows of all three.
    private func project(_ layer: LayerWeights, panels: Int) {
        let parts = [(layer.query, query), (layer.key, key), (layer.value, value)]
        pool.forEach(parts.reduce(0) { $0 + $1.0.matrix.rows }, grain: Self.grain) { range, _ in
            var start = 0
            for (linear, target) in parts {
                let rows = range.clamped(to: start..<start + linear.matrix.rows)
                apply(linear, rows.lowerBound - start..<rows.upperBound - start, to: normed, target, panels: panels)
                start += linear.matrix.rows
            }
        }
    }

    /// y[rows] (= or +=) W[rows] x + b[rows] for all panels.
    func apply(
        _ linear: Linear,
        _ rows: Range<Int>,
        to x: FloatBuffer,
        _ y: FloatBuffer,
        panels: Int,
        accumulate: Bool = false
    ) {
        guard !rows.isEmpty else { return }
        let matrix = linear.matrix
        precondition(panels * Self.lanes * matrix.columns <= x.count && panels * Self.lanes * matrix.rows <= y.count)
        if let bias = linear.bias {
            bias.withUnsafeBufferPointer { bias in
                guard let bias = bias.baseAddress else { return }
                for panel in 0..<panels {
                    let target = y[from: (panel * matrix.rows + rows.lowerBound) * Self.lanes]
                    hub_inference_bias(path, bias + rows.lowerBound, target, rows.count, accumulate ? 1 : 0)
                }
            }
        }
        hub_inference_matmul(
            path, matrix.stored, rows.lowerBound, rows.upperBound, x.start, y.start, matrix.rows, panels,
            accumulate || linear.bias != nil ? 1 : 0)
    }

    /// Norms the heads of query and key where the model does, and turns them by their positions.
    private func turn(_ layer: LayerWeights, panels: Int) {
        let shape = model.shape
        guard shape.rotary != nil || shape.normsHeads else { return }
        pool.forEach(panels, grain: 1) { range, _ in
            for panel in range {
                let first = panel * Self.lanes
                let sides = [
                    (query[from: first * shape.queryWidth], shape.heads, layer.queryNorm),
                    (key[from: first * shape.keyWidth], shape.keyValueHeads, layer.keyNorm),
                ]
                for (x, heads, weight) in sides {
                    for head in 0..<heads {
                        guard let weight else { break }
                        let y = x + head * shape.headSize * Self.lanes
                        hub_inference_rms_norm(path, y, weight, shape.epsilon, y, shape.headSize)
                    }
                    if shape.rotary != nil {
                        let turns = turns[from: first * shape.headSize]
                        hub_inference_rope(path, x, turns, heads, shape.headSize / 2)
                    }
                }
            }
        }
    }

    /// attended = softmax(query key / scale) value, per head and panel; the longest panels first.
    private func attend(window: Int, panels: Int) {
        let (shape, lanes) = (model.shape, Self.lanes)
        pool.forEach(panels * shape.heads, grain: 1) { range, worker in
            for unit in range {
                let (panel, head) = (panels - 1 - unit / shape.heads, unit % shape.heads)
                let shared = head / (shape.heads / shape.keyValueHeads)
                let own = head * shape.headSize * lanes
                var attention = hub_inference_attention(
                    query: query[from: own], query_rows: shape.queryWidth,
                    key: key[from: shared * shape.headSize * lanes],
                    value: value[from: shared * shape.headSize * lanes], key_rows: shape.keyWidth,
                    output: attended[from: own], output_rows: shape.queryWidth,
                    head_size: shape.headSize, scale: shape.scoreScale, window: window)
                hub_inference_attend(path, &attention, panel, scores[worker].start)
            }
        }
    }

    /// stream += W x + b.
    private func addProjection(_ linear: Linear, of x: FloatBuffer, panels: Int) {
        pool.forEach(linear.matrix.rows, grain: Self.grain) { rows, _ in
            apply(linear, rows, to: x, stream, panels: panels, accumulate: true)
        }
    }

    /// gate = activation(W normed), times the second projection where gated.
    private func widen(_ layer: LayerWeights, panels: Int) {
        let wide = model.shape.feedForward
        pool.forEach(wide, grain: Self.grain) { rows, _ in
            apply(layer.gate ?? layer.up, rows, to: normed, gate, panels: panels)
            if layer.gate != nil { apply(layer.up, rows, to: normed, up, panels: panels) }
            for panel in 0..<panels {
                let start = (panel * wide + rows.lowerBound) * Self.lanes
                let factor = layer.gate == nil ? nil : up[from: start]
                activate(gate[from: start], times: factor, count: rows.count * Self.lanes)
            }
        }
    }

    /// x = activation(x), times `factor` if there is one.
    func activate(_ x: UnsafeMutablePointer<Float>, times factor: UnsafePointer<Float>?, count: Int) {
        switch (model.shape.activation, factor) {
        case (.silu, let factor?): return hub_inference_silu_multiply(path, x, factor, count)
        case (.silu, nil): hub_inference_silu(path, x, count)
        case (.geluTanh, _): hub_inference_gelu_tanh(path, x, count)
        case (.gelu, _): hub_inference_gelu_erf(x, count)
        }
        guard let factor else { return }
        for index in 0..<count { x[index] *= factor[index] }
    }
}
