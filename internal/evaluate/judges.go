package evaluate

import (
	"fmt"
	"strings"
)

// String is the judge as a person reads it.
func (u JudgeUsed) String() string {
	text := fmt.Sprintf("%s by %s (%s)", strings.Join(u.Graders, ", "), strings.Join(u.Models, ", "), short(u.Digest))
	a := u.Agreement
	if a.Share != nil {
		text += fmt.Sprintf(", its repeats agree to %.0f %%", 100**a.Share)
	}
	if a.Alpha != nil {
		text += fmt.Sprintf(", alpha %.2f", *a.Alpha)
	}
	if a.Swaps > 0 {
		text += fmt.Sprintf(", the same in both orders %d of %d times", a.Kept, a.Swaps)
	}
	if a.NoVerdict > 0 {
		text += fmt.Sprintf(", no verdict on %d of %d runs", a.NoVerdict, a.Judged)
	}
	return text
}
