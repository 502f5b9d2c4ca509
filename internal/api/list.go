package api

import (
	"github.com/aureus-agents/aureus/internal/control"
)

// defaultLimit is the length of a page when none is asked for.
const defaultLimit = 100

// List is a page of things. Next is the after of the following page; it is not
// there on the last one.
type List[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty"`
}

// PageInput is the query of a list.
type PageInput struct {
	Limit int    `query:"limit" minimum:"1" maximum:"1000" doc:"Length of a page; 100 unless set"`
	After string `query:"after" maxLength:"256" doc:"next of the page before"`
}

func (p PageInput) page() control.Page { return control.Page{Limit: p.Limit, After: p.After} }

// paged makes the page of items: it has a next one when it is full.
func paged[T any](items []T, p PageInput, id func(T) string) List[T] {
	limit := p.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	l := all(items)
	if len(items) >= limit {
		l.Next = id(items[len(items)-1])
	}
	return l
}

// all is a list that has everything.
func all[T any](items []T) List[T] {
	if items == nil {
		items = []T{}
	}
	return List[T]{Items: items}
}
