package ci

import (
	"regexp"
	"strings"
)

var (
	// tokenName is what the control plane takes as the name of a person.
	tokenName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$`)
	// hidden is the address that a forge gives to people who do not show their own:
	// ID+LOGIN or ID-LOGIN, or the login alone.
	hidden = regexp.MustCompile(`^(?:\d+[+-])?([^@]+)@users\.noreply\.`)
)

// Person is the name, as a token can have it, of who has a mail address in a
// commit: the address, or the login in one that a forge made up; "" when it is
// nobody's.
func Person(address string) string {
	name := strings.TrimSpace(address)
	if m := hidden.FindStringSubmatch(name); m != nil {
		name = m[1]
	}
	if !tokenName.MatchString(name) || strings.HasPrefix(strings.ToLower(name), "noreply@") {
		return ""
	}
	return name
}

// addressIn is the mail address of "Name <address>".
func addressIn(s string) string {
	_, address, _ := strings.Cut(s, "<")
	address, _, _ = strings.Cut(address, ">")
	return address
}
