package blueprint

// Server is an MCP server. Exactly one of Stdio and HTTP is set.
type Server struct {
	Name  string       `json:"name"`
	Stdio *StdioServer `json:"stdio,omitempty"`
	HTTP  *HTTPServer  `json:"http,omitempty"`
	// Expose lists what MCP clients of the gateway are offered beside the tools:
	// resources, prompts; none is nothing. See Agent.WithExposed.
	Expose []string `json:"expose,omitempty"`
}

// StdioServer is a child process that speaks MCP on its stdin and stdout.
type StdioServer struct {
	Command []string          `json:"command"`       // argv; never passed to a shell
	Env     map[string]string `json:"env,omitempty"` // plain values
	// EnvFrom maps a variable of the child to the name of a variable of the
	// Aureus server, so that secrets stay out of blueprints.
	EnvFrom map[string]string `json:"envFrom,omitempty"`
	Sandbox Sandbox           `json:"sandbox,omitzero"`
}

// HTTPServer is an MCP server over streamable HTTP.
type HTTPServer struct {
	URL string `json:"url"`
	// HeadersFrom maps a header name to the name of a variable of the Aureus
	// server that holds its value.
	HeadersFrom map[string]string `json:"headersFrom,omitempty"`
}

// Tool is one tool that the agent may call.
type Tool struct {
	Name        string `json:"name"`               // what the model sees
	Server      string `json:"server"`             // a name of servers
	Upstream    string `json:"upstream,omitempty"` // the server's name for it; "" is Name
	Description string `json:"description,omitempty"`
	RiskTier    Tier   `json:"riskTier"`
	Intent      Intent `json:"intent"`
	Zone        Zone   `json:"zone"` // zone of the data that it reads or writes
	Labels      Labels `json:"labels"`
	// Arguments says what an argument does, by name, where its own name does not:
	// a target is whom or what the call affects, content is what is said there, a
	// quantity is neither. An argument that nothing is known of is a target.
	Arguments map[string]Role `json:"arguments,omitempty"`
	// AskedBy are further words with which users ask for this tool, as in another
	// language; the words of its name are known.
	AskedBy []string `json:"askedBy,omitempty"`
	// Unprompted says that the agent may call it by itself, without its user asking
	// for it in each run.
	Unprompted bool `json:"unprompted,omitempty"`
	// Spends names the numeric argument that is counted against budgets.spend.
	Spends string `json:"spends,omitempty"`
	// Timeout of one call; default 30s.
	Timeout Duration `json:"timeout,omitempty"`
	// Retries of a failed call whose intent is read; default 2. Other intents are
	// never retried by Aureus.
	Retries *int `json:"retries,omitempty"`
}

// Labels say what a call can see and touch. A nil label takes the safe side
// (true) when a decision is made.
type Labels struct {
	ReadsOutside *bool `json:"readsOutside,omitempty"` // its result can hold text that an outsider wrote
	ReadsPrivate *bool `json:"readsPrivate,omitempty"` // its result can hold private data
	ActsOutside  *bool `json:"actsOutside,omitempty"`  // its effect leaves the organisation
	ActsInside   *bool `json:"actsInside,omitempty"`   // it changes state inside the organisation
	// Records says that its result is JSON or YAML whose fields the server sets
	// apart, however strangers fill them. Nil is false, unless the server declares
	// an output schema: what outsiders can write into is then one text.
	Records *bool `json:"records,omitempty"`
}

// Role is what an argument does in a call.
type Role string

// The roles of arguments.
const (
	RoleTarget   Role = "target"
	RoleContent  Role = "content"
	RoleQuantity Role = "quantity"
)

// Permission allows intents on tools up to a zone.
type Permission struct {
	Tools   []string `json:"tools"` // tool names; "*" is all
	Intents []Intent `json:"intents"`
	Zone    Zone     `json:"zone"` // highest zone
}

// Policy is one named set of Cedar policies.
type Policy struct {
	ID          string `json:"id"`
	Description string `json:"description,omitempty"`
	Cedar       string `json:"cedar,omitempty"` // the text
	File        string `json:"file,omitempty"`  // or a file beside the blueprint, inlined when it is read
	// Replaces names built-in policies of flow that this one stands in for, without
	// their builtin/ prefix; they no longer hold for the agent.
	Replaces []string `json:"replaces,omitempty"`
}
