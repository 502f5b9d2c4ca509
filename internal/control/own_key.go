package control

import (
	"github.com/aureus-agents/aureus/internal/audit"
	"github.com/aureus-agents/aureus/internal/fault"
)

// metaKey is the setting that names the key which a database is signed with.
const metaKey = "signing.key"

// ownKey is fault.Verification when the database was signed with another key than
// this server's: nothing in it would verify, and the ledger would be signed by two.
func (t *tx) ownKey() error {
	mine := t.c.cfg.Key.VerifierKey()
	have, err := t.Meta(metaKey)
	if err == nil && have == mine {
		return nil
	}
	other := fault.New(fault.Verification, "the database was signed with another key than the one in key.pem; "+
		"put the key.pem that belongs to it back from a backup, because nothing that it signed verifies without it")
	if err == nil {
		return other
	}
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	cp, err := t.LatestCheckpoint()
	if err != nil {
		return err
	}
	if cp.Size > 0 {
		if _, err := audit.OpenCheckpoint(cp.Note, mine); err != nil {
			return other
		}
	}
	return t.PutMeta(metaKey, mine)
}
