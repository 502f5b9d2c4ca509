package folder

import (
	"encoding/json"
	"path"
	"regexp"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
)

// header are the two lines at the left edge that say what a YAML text is.
var (
	apiVersionLine = regexp.MustCompile(`(?m)^["']?apiVersion["']?[ \t]*:[ \t]*["']?([^\s"'#]+)`)
	kindLine       = regexp.MustCompile(`(?m)^["']?kind["']?[ \t]*:[ \t]*["']?([^\s"'#]+)`)
)

// group is the part of an apiVersion before its version.
var group = strings.SplitN(blueprint.APIVersion, "/", 2)[0]

// IsText reports whether a file of this name can hold something that is applied.
func IsText(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// KindOf is the kind of what a text declares for Aureus, by its header alone; ""
// for everything else: scenarios, data, and what is for other programs.
func KindOf(name string, data []byte) string {
	var h struct{ APIVersion, Kind string }
	text := strings.TrimSpace(string(data))
	if strings.EqualFold(path.Ext(name), ".json") || strings.HasPrefix(text, "{") {
		if json.Unmarshal(data, &h) != nil {
			return ""
		}
	} else {
		h.APIVersion, h.Kind = match(apiVersionLine, text), match(kindLine, text)
	}
	if before, _, _ := strings.Cut(h.APIVersion, "/"); before != group {
		return ""
	}
	if h.Kind == "" {
		return "unknown"
	}
	return h.Kind
}

func match(re *regexp.Regexp, s string) string {
	if m := re.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}
