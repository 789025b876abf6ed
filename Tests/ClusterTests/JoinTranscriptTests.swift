import Cluster
import Testing

@Suite struct JoinTranscriptTests {
    private func transcript(_ text: String) -> JoinTranscript {
        var transcript = JoinTranscript()
        for line in text.split(separator: "\n") { transcript.add(String(line)) }
        return transcript
    }

    @Test func `only the line of success is a success`() {
        let good = transcript(
            """
            Establishing API connection with host '10.0.0.1'
            Login succeeded.
            Request addition of this node
            waiting for quorum...OK
            successfully added node 'pve9' to cluster.
            """)
        #expect(good.hasSucceeded && good.failure == nil)
        let bad = transcript("Request addition of this node\nwaiting for quorum...OK")
        #expect(!bad.hasSucceeded && bad.lastLine == "waiting for quorum...OK")
    }

    @Test(arguments: [
        ("401 authentication failure", "sprout secrets set cluster"),
        ("TFA-enabled login currently works only with a TTY.", "join_with"),
        ("fingerprint 'AB' not verified, abort!", "sprout cluster check"),
        ("can't add existing node 'pve9'", "taken out"),
        ("An error occurred on the cluster node: cluster not ready - no quorum?\nCluster join aborted!", "no quorum?”"),
        (
            "* cluster config '/etc/pve/corosync.conf' already exists\nCheck if node may join a cluster failed!",
            "“cluster"
        ),
        ("An error occurred on the cluster node: something new", "something new”"),
    ])
    func `a failure is told in pvecm's words and with a remedy`(_ text: String, _ part: String) throws {
        let failure = try #require(transcript("Login succeeded.\n" + text).failure)
        #expect(failure.contains(part))
        #expect(failure.hasPrefix("“") && failure.contains("” ") && failure.hasSuffix("."))
    }
}
