package blueprint

// The streams of a canary.
const (
	StreamFailures    = "failures"    // the run failed, whatever the reason
	StreamBlocks      = "blocks"      // a CRV gate did not pass
	StreamDenials     = "denials"     // the guard denied a call
	StreamEscalations = "escalations" // a human had to decide
	StreamLatency     = "latency"     // slower than nearly all runs of the version that serves
	StreamCost        = "cost"        // dearer than nine of ten of them
)

// CanaryStreams lists the streams in the order in which they are shown.
func CanaryStreams() []string {
	return []string{StreamFailures, StreamBlocks, StreamDenials, StreamEscalations, StreamLatency, StreamCost}
}
