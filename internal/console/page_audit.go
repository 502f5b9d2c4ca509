package console

import (
	"net/http"
	"strconv"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// tailSize is how many ledger entries a page shows.
const tailSize = 50

// auditView is the body of the audit page.
type auditView struct {
	Status  control.LedgerStatus
	Entries []resource.LedgerEntry // newest first
	Older   int64                  // index to read the next page from, -1 when there is none
	Newer   bool                   // this is not the newest page
	Denied  string                 // why the entries are not shown
	Index   string                 // as asked for
	Proof   *proofView
	Problem string // why there is no proof
}

// proofView is a proof as a person reads it.
type proofView struct {
	control.Proof
	LeafText string
}

// auditPage shows the ledger. It is not live: reading the ledger is itself
// recorded in it.
func (s *server) auditPage(rq *request) (view, error) {
	v := auditView{Older: -1, Index: rq.URL.Query().Get("index")}
	var err error
	if v.Status, err = s.control.Ledger(rq.Context(), rq.who); err != nil {
		return view{}, err
	}
	if err := s.tail(rq, &v); err != nil {
		return view{}, err
	}
	if v.Index != "" && v.Denied == "" {
		if err := s.proof(rq, &v); err != nil {
			return view{}, err
		}
	}
	return view{template: "audit", title: "Audit", nav: "audit", body: v}, nil
}

// tail reads the newest entries, or those that end before the index asked for.
func (s *server) tail(rq *request, v *auditView) error {
	from, limit := int64(-tailSize), int64(tailSize)
	if before, err := strconv.ParseInt(rq.URL.Query().Get("before"), 10, 64); err == nil && before > 0 {
		from = max(0, before-tailSize)
		limit = before - from
		v.Newer = true
	}
	entries, err := s.control.Tail(rq.Context(), rq.who, from, limit)
	if fault.Is(err, fault.Forbidden) {
		v.Denied = messageOf(err)
		return nil
	}
	if err != nil {
		return err
	}
	for i := len(entries) - 1; i >= 0; i-- {
		v.Entries = append(v.Entries, entries[i])
	}
	if len(entries) > 0 && entries[0].Index > 0 {
		v.Older = entries[0].Index
	}
	return nil
}

// proof checks one entry; an index without a proof is told beside the form.
func (s *server) proof(rq *request, v *auditView) error {
	index, err := strconv.ParseInt(v.Index, 10, 64)
	if err != nil || index < 0 {
		v.Problem = "An index is a whole number from 0 on."
		return nil
	}
	p, err := s.control.ProofOf(rq.Context(), rq.who, index)
	switch {
	case err == nil:
		v.Proof = &proofView{Proof: p, LeafText: prettyBytes(p.Leaf)}
	case fault.Map(fault.CodeOf(err)).HTTP < http.StatusInternalServerError:
		v.Problem = messageOf(err)
	default:
		return err
	}
	return nil
}

// exportLedger is the ledger as a file that aureus audit verify reads.
func (s *server) exportLedger(rq *request, d *download) error {
	return s.control.Export(rq.Context(), rq.who, d.as("aureus-ledger.jsonl", "application/jsonl"))
}
