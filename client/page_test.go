package client_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/api/apitest"
)

func TestAllWalksEveryPage(t *testing.T) {
	pages := map[string]client.List[int]{"": {Items: []int{1, 2}, Next: "b"}, "b": {Items: []int{3}, Next: "c"}, "c": {}}
	var got []int
	for v, err := range client.All(func(after string) (client.List[int], error) { return pages[after], nil }) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, v)
	}
	if diff := cmp.Diff([]int{1, 2, 3}, got); diff != "" {
		t.Errorf("All() (-want +got):\n%s", diff)
	}
	boom := errors.New("boom")
	for _, err := range client.All(func(string) (client.List[int], error) { return client.List[int]{}, boom }) {
		if !errors.Is(err, boom) {
			t.Errorf("All() = %v, want the error of the page", err)
		}
	}
}

func TestPagesHaveANextOneWhenFull(t *testing.T) {
	cl, _ := connect(t, &apitest.Control{}) // answers with one item
	for limit, want := range map[int]string{1: "run_1", 2: "", 0: ""} {
		l, err := cl.Runs(t.Context(), client.RunFilter{}, client.Page{Limit: limit})
		if err != nil || l.Next != want {
			t.Errorf("Runs(limit %d).Next = %q, %v, want %q", limit, l.Next, err, want)
		}
	}
	if l, err := cl.Entries(t.Context(), 7, 1); err != nil || l.Next != "8" {
		t.Errorf("Entries(7, 1).Next = %q, %v, want 8", l.Next, err)
	}
}
