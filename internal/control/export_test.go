package control

import "github.com/aureus-agents/aureus/resource"

// RequestDigest is what answers to the request of a release are bound to, for tests
// that ask by other rules.
func RequestDigest(r Reader, a resource.Approval) (string, error) {
	rel, err := r.Release(a.Subject)
	if err != nil {
		return "", err
	}
	content, err := releaseDigest(r, rel)
	if err != nil {
		return "", err
	}
	return askedDigest(content, a)
}
