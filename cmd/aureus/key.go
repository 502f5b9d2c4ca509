package main

import (
	"context"
	"errors"
	"os"

	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/audit"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/store/sqlite"
)

// loadKey reads the signing key of a data folder, and makes it at the first
// start. A key that did not sign the folder's ledger is refused: with it nothing
// that was signed before would verify.
func loadKey(ctx context.Context, db *sqlite.DB, path string) (*attest.Key, error) {
	signed, err := latestNote(ctx, db)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist) && len(signed) > 0:
		return nil, fault.New(fault.Verification, "the signing key %s is missing, and the ledger beside it is signed with it; restore the key from a backup", path)
	case errors.Is(err, os.ErrNotExist):
		return makeKey(path)
	case err != nil:
		return nil, fault.Wrap(err, fault.Unavailable, "the signing key %s cannot be read", path)
	}
	key, err := attest.ParseKey(data)
	if err != nil {
		return nil, fault.Wrap(err, fault.Verification, "the signing key %s cannot be used", path)
	}
	if len(signed) == 0 {
		return key, nil
	}
	if _, err := audit.OpenCheckpoint(signed, key.VerifierKey()); err != nil {
		return nil, fault.Wrap(err, fault.Verification, "the signing key %s is not the one that signed the ledger beside it; restore that one from a backup", path)
	}
	return key, nil
}

// latestNote is the newest signed checkpoint; none before the first event.
func latestNote(ctx context.Context, db *sqlite.DB) (note []byte, err error) {
	err = db.View(ctx, func(r control.Reader) error {
		cp, err := r.LatestCheckpoint()
		note = cp.Note
		return err
	})
	return note, err
}

// makeKey writes a new key. The file is complete under its name or not there at
// all.
func makeKey(path string) (*attest.Key, error) {
	key, err := attest.NewKey()
	if err != nil {
		return nil, err
	}
	data, err := key.MarshalPEM()
	if err != nil {
		return nil, err
	}
	return key, writeFileSync(path, data)
}

func writeFileSync(path string, data []byte) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err == nil {
		_, err = f.Write(data)
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "%s cannot be written", path)
	}
	return nil
}
