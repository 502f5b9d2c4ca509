package blueprint

// Grader judges a run. Only fields that its type reads are set.
type Grader struct {
	// Type is equals contains notContains startsWith regex json jsonSchema jsonSubset
	// number similarity refusal cel trajectory cost latency judge starlark command.
	Type  string `json:"type"`
	Name  string `json:"name,omitempty"`
	Field string `json:"field,omitempty"` // dotted path in the output; "" is all of it
	// Value is what equals, jsonSubset and number compare with, and the reference of
	// judge; none takes the scenario's expect.output.
	Value any `json:"value,omitempty"`
	// Text is what contains, notContains, startsWith, regex and similarity compare with;
	// for contains and similarity none takes the scenario's expect.output.
	Text string `json:"text,omitempty"`
	// Texts of contains, with mode all (default) or any.
	Texts []string `json:"texts,omitempty"`
	// Not turns the answer around. A run that cannot be judged does not pass either way.
	Not bool `json:"not,omitempty"`
	// IgnoreCase makes no difference between capital and small letters.
	IgnoreCase bool `json:"ignoreCase,omitempty"`
	// Schema is the JSON Schema of jsonSchema, and of json when it has one.
	Schema map[string]any `json:"schema,omitempty"`
	// Expression is the CEL of cel, over run as in Criterion.
	Expression string `json:"expression,omitempty"`
	// Trajectory: tool names. Mode is exact, inOrder, anyOrder or none.
	Tools []string `json:"tools,omitempty"`
	// Mode of trajectory; of contains (all, any); of json (whole, part); of judge (rate, pairwise).
	Mode string `json:"mode,omitempty"`
	// Max is USD of cost, milliseconds of latency.
	Max *float64 `json:"max,omitempty"`
	// Min is the score, from 0 to 1, from which a run passes: of similarity (default
	// 0.8), jsonSubset (1), judge (0.5), starlark and command (0.5).
	Min *float64 `json:"min,omitempty"`
	// Measure of similarity is levenshtein (default), f1, recall or rougeL.
	Measure string `json:"measure,omitempty"`
	// Tolerance of number is how far off it may be; Relative is the same as a share of value.
	Tolerance float64 `json:"tolerance,omitempty"`
	Relative  float64 `json:"relative,omitempty"`
	// Rubric of judge says what a good answer is.
	Rubric string `json:"rubric,omitempty"`
	// Model of judge answers instead of the agent's own model.
	Model *Model `json:"model,omitempty"`
	// Repeats of judge is how often each run is judged, from 1 to 25; default 1.
	Repeats int `json:"repeats,omitempty"`
	// Scale of judge: 0 is pass or fail, and n from 2 to 10 a mark from 1 to n.
	Scale int `json:"scale,omitempty"`
	// Source of starlark is def grade(run), which answers a bool, a score from 0
	// to 1, or {"score", "passed", "reason"}.
	Source string `json:"source,omitempty"`
	// Command of command is a program and its arguments. It is given the run as JSON
	// on stdin and prints {"score", "passed", "reason"}.
	Command []string `json:"command,omitempty"`
	// Timeout of command; default 10s.
	Timeout Duration `json:"timeout,omitempty"`
}
