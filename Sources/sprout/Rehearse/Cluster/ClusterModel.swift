import Linux
import Rehearsal

/// The cluster that does not exist, for all who ask one after the other, and the files that its member shows of it.
actor ClusterModel {
    private(set) var cluster: StandInCluster
    private let files: ClusterFiles

    init(_ cluster: StandInCluster, _ files: ClusterFiles) throws {
        (self.cluster, self.files) = (cluster, files)
        try files.write(cluster)
    }

    func answer(_ request: StandInCluster.Request) throws -> StandInCluster.Answer {
        files.read(into: &cluster)
        let before = cluster
        let answer = cluster.answer(request, at: WallClock.milliseconds())
        if cluster != before { try files.write(cluster, insteadOf: before) }
        return answer
    }

    /// The cluster as it is now.
    func look() -> StandInCluster {
        files.read(into: &cluster)
        return cluster
    }

    func become(_ cluster: StandInCluster) throws {
        try files.write(cluster, insteadOf: self.cluster)
        self.cluster = cluster
    }
}
