package client

import (
	"iter"
	"net/url"
	"strings"
)

// Page bounds a list.
type Page struct {
	Limit int    // 0 is 100, at most 1000
	After string // Next of the page before; "" is the first page
}

// List is a page of things.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"` // After of the following page; "" on the last one
}

func (p Page) params(q params) url.Values {
	return url.Values(q.num("limit", int64(p.Limit)).add("after", p.After))
}

// All walks through every page: fetch gets the page after the given one.
func All[T any](fetch func(after string) (List[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		after := ""
		for {
			page, err := fetch(after)
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			after = page.Next
		}
	}
}

// commas joins a list parameter as the API reads it.
func commas[S ~string](values []S) string {
	s := make([]string, len(values))
	for i, v := range values {
		s[i] = string(v)
	}
	return strings.Join(s, ",")
}
