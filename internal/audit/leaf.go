package audit

import (
	"encoding/json"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// MaxLeaf is the largest leaf in bytes.
const MaxLeaf = 64 << 10

// Encode is the leaf of an event: its canonical JSON (RFC 8785). fault.TooLarge
// when it is over [MaxLeaf].
func Encode(e resource.Event) ([]byte, error) {
	raw, err := json.Marshal(e) // a byte that is no UTF-8 becomes U+FFFD: it may not stop a record
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "Event %s has no JSON form.", e.Action)
	}
	v, err := blueprint.Canonical(json.RawMessage(raw))
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "Event %s has no canonical form.", e.Action)
	}
	if len(v) > MaxLeaf {
		return nil, fault.New(fault.TooLarge, "Event %s is %d bytes and the ledger takes at most %d: shorten its reason, or store the text beside the ledger and record its digest.",
			e.Action, len(v), MaxLeaf)
	}
	return v, nil
}
