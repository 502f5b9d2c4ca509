package redteam

import (
	"fmt"
	"strings"
)

// Markdown is the rows as the table of docs/attacks.md, the families that get
// through last. It is the same for the same rows.
func Markdown(rows []Row) string {
	var b strings.Builder
	b.WriteString("| family | the attacker | attacks | stopped | asked | got through | why, and what to do |\n|---|---|---:|---:|---:|---:|---|\n")
	var all Row
	for _, through := range []bool{false, true} {
		for _, r := range rows {
			if r.Attacks == 0 || (r.GotThrough > 0) != through {
				continue
			}
			fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %s | %s |\n", r.Name, r.What, r.Attacks, r.Stopped, r.Asked, bold(r.GotThrough), r.Why)
			all.Attacks, all.Stopped, all.Asked, all.GotThrough = all.Attacks+r.Attacks, all.Stopped+r.Stopped, all.Asked+r.Asked, all.GotThrough+r.GotThrough
		}
	}
	fmt.Fprintf(&b, "| all | | %d | %d | %d | %d | |\n", all.Attacks, all.Stopped, all.Asked, all.GotThrough)
	return b.String()
}

func bold(n int) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("**%d**", n)
}
