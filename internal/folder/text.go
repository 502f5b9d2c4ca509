package folder

import (
	"fmt"
	"io"
	"strings"
)

// signs are shown before an item.
var signs = map[Action]string{Create: "+", Change: "~", Keep: "=", Retire: "-"}

// maxLines bounds the changes that are shown of one agent.
const maxLines = 20

// Text writes the plan for people; plain makes what others wrote safe to print.
func (p Plan) Text(w io.Writer, plain func(string) string) error {
	var b strings.Builder
	for _, i := range p.Items {
		fmt.Fprintf(&b, "%s %-8s %s", signs[i.Action], strings.ToLower(i.Kind), i.Name)
		switch i.Action {
		case Create:
			fmt.Fprintf(&b, ": new%s", tierOf(i))
		case Change:
			fmt.Fprintf(&b, ": changed%s", tierOf(i))
		case Keep:
			b.WriteString(strings.TrimRight(": unchanged "+i.Version, " "))
		case Retire:
			b.WriteString(": is not in the folder" + inPlaces(i.Serves))
		}
		b.WriteString("\n")
		if i.File != "" {
			fmt.Fprintf(&b, "    from %s\n", plain(i.File))
		}
		for _, n := range i.Notes {
			fmt.Fprintf(&b, "    note: %s\n", plain(n))
		}
		changes(&b, i, plain)
		if i.Release != "" {
			fmt.Fprintf(&b, "    release into %s\n", i.Release)
		}
	}
	fmt.Fprintf(&b, "plan: %d to create, %d to change, %d unchanged, %d to retire, %d releases to start\n", p.Create, p.Change, p.Keep, p.Retire, p.Release)
	_, err := io.WriteString(w, b.String())
	return err
}

func tierOf(i Item) string {
	if i.Delta == nil {
		return ""
	}
	since := ""
	if i.Latest != "" {
		since = " since " + i.Latest
	}
	return fmt.Sprintf("%s, tier %s, %d changes", since, i.Delta.Tier, len(i.Delta.Changes))
}

// changes shows what a changed agent can do that it could not, and the other way
// round; of a new one that is its blueprint.
func changes(b *strings.Builder, i Item, plain func(string) string) {
	if i.Action != Change || i.Delta == nil {
		return
	}
	for n, c := range i.Delta.Changes {
		if n == maxLines {
			fmt.Fprintf(b, "    %d more\n", len(i.Delta.Changes)-n)
			return
		}
		notes := ""
		if c.Widens {
			notes += " widens"
		}
		if c.Breaking {
			notes += " breaking"
		}
		fmt.Fprintf(b, "    %s %s [%s%s]\n", c.Op, plain(c.Path), c.Tier, notes)
	}
}
