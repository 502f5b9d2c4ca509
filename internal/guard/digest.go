package guard

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
)

// ArgsDigest is the digest that an approval is bound to: SHA-256 of the RFC 8785
// form of [tool, arguments]. It is "" when the arguments have no JSON form; such
// a call is rejected, and "" approves nothing.
func ArgsDigest(tool string, args map[string]any) string {
	b, err := appendString(append(make([]byte, 0, 256), '['), tool)
	if err != nil {
		return ""
	}
	if b, err = appendObject(append(b, ','), args, 0); err != nil {
		return ""
	}
	return sum(append(b, ']'))
}

// BuiltInDigest is the digest of the built-in policy set.
func BuiltInDigest() string { return sum([]byte(builtInText)) }

// PolicyDigest is the digest of everything that decides for a blueprint: the
// built-in set and the blueprint's own policies by id and text, in any order.
func PolicyDigest(a *blueprint.Agent) string {
	own := make(map[string][]string, len(a.Spec.Policies))
	for _, p := range a.Spec.Policies {
		own[p.ID] = append(append(own[p.ID], p.Cedar), slices.Sorted(slices.Values(p.Replaces))...)
	}
	b, err := json.Marshal(map[string]any{"builtIn": BuiltInDigest(), "policies": own})
	if err != nil {
		return ""
	}
	return sum(b)
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(h[:])
}
