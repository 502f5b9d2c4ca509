package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// byteSize writes a limit for people.
func byteSize(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// decodeRuns reads JSON lines, one run each, as they arrive.
func decodeRuns(w http.ResponseWriter, r *http.Request) ([]resource.Run, error) {
	if err := wantJSON(r, "application/x-ndjson", "application/jsonl", "application/json"); err != nil {
		return nil, err
	}
	rd, done := body(w, r, MaxImportBody)
	defer done()
	dec := jsontext.NewDecoder(rd)
	runs := []resource.Run{}
	for {
		var run resource.Run
		err := json.UnmarshalDecode(dec, &run, json.RejectUnknownMembers(true))
		if errors.Is(err, io.EOF) && dec.StackDepth() == 0 {
			break
		}
		if err != nil {
			return nil, atRun(bodyFault(err, MaxImportBody), len(runs)+1)
		}
		runs = append(runs, run)
	}
	if len(runs) == 0 {
		return nil, fault.New(fault.Invalid, "the body holds no run; send one JSON object a line")
	}
	return runs, nil
}

// atRun adds which run of the import an error is about.
func atRun(err error, n int) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Invalid {
		f.Message = fmt.Sprintf("run %d: %s", n, f.Message)
	}
	return err
}
