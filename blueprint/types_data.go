package blueprint

// DataSet is rows, of which each makes a scenario. A file is inlined when the
// blueprint is read: Rows and Digest are filled in, and File is left out.
type DataSet struct {
	// File is a .jsonl, .csv, .yaml or .json file beside the blueprint.
	File string `json:"file,omitempty"`
	// Format is jsonl, csv, yaml or json; "" goes by the file's ending.
	Format string `json:"format,omitempty"`
	// Digest of the file's bytes (sha256:HEX). Written by hand, it pins the file.
	Digest string `json:"digest,omitempty"`
	// Rows are the rows of the file, by column.
	Rows []map[string]any `json:"rows,omitempty"`
	// Template is the scenario that a row makes, with {{column}} for its values; a text
	// that is one {{column}} and nothing else becomes the value itself. Without one a
	// row has a scenario's own fields, see [Suite.Expand].
	Template map[string]any `json:"template,omitempty"`
}

// Turn is one thing that a scripted user says, and what must hold of the answer.
type Turn struct {
	User    string   `json:"user"`
	Graders []Grader `json:"graders,omitempty"` // of the answer and the calls of this turn
}

// SimulatedUser is a user that a model plays.
type SimulatedUser struct {
	Model *Model `json:"model,omitempty"` // instead of the agent's own
	// Persona says who the user is.
	Persona string `json:"persona,omitempty"`
	// Goal says what the user wants, and when they are done.
	Goal string `json:"goal"`
	// MaxTurns is how often the user answers; default 8, at most 50.
	MaxTurns int `json:"maxTurns,omitempty"`
}
