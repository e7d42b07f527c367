package adaptertest

// Behaviour is what a simulated receiver does with what it gets.
type Behaviour int

// How receivers are, and how they fail, on any wire.
const (
	Well       Behaviour = iota
	Silent               // takes it and never answers
	Resets               // closes the connection hard, and has applied nothing
	DropsReply           // applies it, and its reply is lost
	Fails                // says that it cannot now: HTTP 500, AR 207
	Throttles            // asks for time: HTTP 429, AR 206
	Refuses              // says that the content is wrong: HTTP 422, AE
	Mistakes             // answers, but not to this: another MSA-2
	Late                 // gives its answer once the sender has given up
)

// Try is one thing that arrived.
type Try struct {
	Key, Body string
	Applied   bool
}

// Peer is a simulated partner that receives. It keeps one address for life.
type Peer interface {
	URL() string
	Behave(Behaviour) // from now on
	Tries() []Try     // all that arrived, in order
	Entered() <-chan struct{}
	Restart() // ends all connections and listens again
}
