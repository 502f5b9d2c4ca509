package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aureus-agents/aureus/internal/audit"
	"github.com/aureus-agents/aureus/internal/fault"
)

// audit verifies the ledger from an export and the public key alone, and a copy
// with one byte changed.
func (d *demo) audit(ctx context.Context) error {
	d.show.chapter("The ledger, as an outsider checks it")
	d.traffic.stop()
	file := filepath.Join(d.dir, "ledger.jsonl")
	var vkey string
	if err := d.step("ledger", "the ledger verifies", "aureus audit export -f "+file+" && aureus audit verify "+file+` --key "$(aureus audit key)"`, func() (string, error) {
		keys, err := d.as("auditor").Keys(ctx)
		if err != nil {
			return "", err
		}
		vkey = keys.VerifierKey
		if err := d.export(ctx, file); err != nil {
			return "", err
		}
		r, err := verifyFile(file, vkey)
		if err != nil {
			return "", err
		}
		d.result.Ledger.Leaves, d.result.Ledger.Verified = r.Leaves, r.Verified
		if !r.Verified {
			return "", fault.New(fault.Verification, "the ledger does not verify: %v", r.Problems)
		}
		return fmt.Sprintf("%d entries, every one in the signed tree %s", r.Leaves, r.Root), nil
	}); err != nil {
		return err
	}
	return d.step("tamper", "a copy with one byte changed does not", "aureus audit verify "+file+`.tampered --key "$(aureus audit key)"`, func() (string, error) {
		r, err := tamper(file, vkey)
		if err != nil {
			return "", err
		}
		d.result.Ledger.TamperDetected = !r.Verified && len(r.Problems) > 0
		if !d.result.Ledger.TamperDetected {
			return "", fault.New(fault.Failed, "the change was not found")
		}
		return r.Problems[0].Text, nil
	})
}

// export writes the ledger once every event has its place in it.
func (d *demo) export(ctx context.Context, file string) error {
	for {
		s, err := d.as("auditor").Ledger(ctx)
		if err != nil {
			return err
		}
		if s.Pending == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	var buf bytes.Buffer
	if err := d.as("auditor").Export(ctx, &buf); err != nil {
		return err
	}
	return os.WriteFile(file, buf.Bytes(), 0o600)
}

func verifyFile(file, vkey string) (audit.Report, error) {
	f, err := os.Open(file)
	if err != nil {
		return audit.Report{}, err
	}
	defer f.Close()
	return audit.Verify(f, vkey)
}

// tamper changes one letter in the middle of a copy of the export, inside an
// entry's reason or name, and verifies it.
func tamper(file, vkey string) (audit.Report, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return audit.Report{}, err
	}
	at := bytes.Index(data[len(data)/2:], []byte(`"agent":"`+demoAgent))
	if at < 0 {
		return audit.Report{}, fault.New(fault.Failed, "the export names the agent nowhere")
	}
	data[len(data)/2+at+len(`"agent":"`)] ^= 1
	copied := file + ".tampered"
	if err := os.WriteFile(copied, data, 0o600); err != nil {
		return audit.Report{}, err
	}
	return verifyFile(copied, vkey)
}
