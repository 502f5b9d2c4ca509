package audit

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// MaxLeaf is the largest leaf in bytes.
const MaxLeaf = 64 << 10

// Encode is the leaf of an event: its canonical JSON (RFC 8785). fault.TooLarge
// when it is over [MaxLeaf].
func Encode(e resource.Event) ([]byte, error) {
	raw, err := json.Marshal(e)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "Event %s has no JSON form.", e.Action)
	}
	v := jsontext.Value(raw)
	if err := v.Canonicalize(); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "Event %s has no canonical form.", e.Action)
	}
	if len(v) > MaxLeaf {
		return nil, fault.New(fault.TooLarge, "Event %s is %d bytes and the ledger takes at most %d: shorten its reason, or store the text beside the ledger and record its digest.",
			e.Action, len(v), MaxLeaf)
	}
	return v, nil
}
