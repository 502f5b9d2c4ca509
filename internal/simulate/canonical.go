package simulate

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
)

// canonical is the RFC 8785 form of v, so that 1, 1.0 and a value read from YAML
// compare equal.
func canonical(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	j := jsontext.Value(b)
	if err := j.Canonicalize(); err != nil {
		return nil, err
	}
	return j, nil
}
