import CCurl

/// A download of one content, or of the rest of it: nothing of it moves but while more is asked for.
struct Transfer: ~Copyable {
    static let mostRedirects = 5

    private let url: WebURL
    private let patience: Patience
    private let handle: Handle
    private let border: Border?

    /// Asks for what begins at `offset`; for all of it if `validator` is no longer that of the content.
    init(_ url: WebURL, from offset: Int64, if validator: String?, _ patience: Patience, _ reach: Reach) {
        (self.url, self.patience) = (url, patience)
        var handle = Handle(url, connectWithin: patience.connect)
        border = Border(handle, reach)
        for (option, number) in [
            (CURLOPT_FOLLOWLOCATION, 1), (CURLOPT_MAXREDIRS, Self.mostRedirects), (CURLOPT_LOW_SPEED_LIMIT, 1),
            (CURLOPT_LOW_SPEED_TIME, Int(patience.stall / .seconds(1))),
            // Libcurl fills it up to a hundred times before it comes back.
            (CURLOPT_BUFFERSIZE, 1 << 14),
        ] {
            handle.set(option, number)
        }
        if offset > 0 {
            handle.set(CURLOPT_RANGE, "\(offset)-")
            if let validator { handle.add(field: "If-Range: \(validator)") }
        }
        handle.start()
        self.handle = handle
    }

    /// The bytes that have arrived; none at the end of the answer, and nil if they are still to be waited for.
    func next() throws -> [UInt8]? {
        let inbox = handle.inbox
        let isRunning = handle.drive()
        guard inbox.bytes.isEmpty else {
            defer { inbox.bytes.removeAll(keepingCapacity: false) }
            return inbox.bytes
        }
        guard isRunning else {
            try end()
            return []
        }
        // Others may have something to do on this thread meanwhile.
        handle.wait(atMost: 50)
        return nil
    }

    private func end() throws {
        let result = handle.inbox.result
        guard result != CURLE_OK else { return }
        if let refused = border?.refused { throw FetchFailed(url, refused, "Give the address of another machine") }
        throw FetchFailed(url, result, handle.reason, handle, patience)
    }

    /// What the server said, once bytes came, or the end.
    var answer: Answer {
        Answer(
            status: handle.status, place: handle.place == url ? nil : handle.place,
            length: Int64(curl_offset(handle.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T))
        ) { handle.field($0) }
    }
}
