package guard

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"

	"github.com/aureus-agents/aureus/blueprint"
)

// typecheck checks one policy in one tool whose arguments have type args.
func typecheck(p *policy, intent blueprint.Intent, args resolved.RecordType) error {
	err := validate.New(cedarSchema(args, intent)).Policy("", (*xast.Policy)(p.cedar.AST()))
	if err == nil {
		return nil
	}
	return errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
}

// maxOpenArgs bounds the search of openTypes.
const maxOpenArgs = 4

var openCandidates = []resolved.IsType{stringType, longType, decimalType, boolType, stringsType}

// openTypes checks a policy in a tool without a pinned schema: it must be typed
// for some types of the arguments it names. It returns those types.
func openTypes(p *policy, intent blueprint.Intent) (resolved.RecordType, error) {
	leaves := leafPaths(valuePaths(p.uses.args))
	if p.uses.allArgs {
		return nil, fmt.Errorf("it uses context.args as a whole, which has no type before the tool's schema is pinned; name the arguments")
	}
	if len(leaves) > maxOpenArgs {
		return nil, fmt.Errorf("it names %d arguments, at most %d can be checked before the tool's schema is pinned; split the policy", len(leaves), maxOpenArgs)
	}
	var first error
	choice := make([]int, len(leaves))
	for {
		args := openRecord(leaves, choice)
		err := typecheck(p, intent, args)
		if err == nil {
			return args, nil
		}
		if first == nil {
			first = err
		}
		i := 0
		for ; i < len(choice); i++ {
			if choice[i]++; choice[i] < len(openCandidates) {
				break
			}
			choice[i] = 0
		}
		if i == len(choice) {
			return nil, first
		}
	}
}

// valuePaths are the paths of the arguments' own types: args.to.value.x is to.x,
// and args.to.origin, which has a type already, is to.
func valuePaths(paths [][]string) [][]string {
	out := make([][]string, len(paths))
	for i, p := range paths {
		out[i] = p[:1:1]
		if len(p) > 2 && p[1] == "value" {
			out[i] = append(out[i], p[2:]...)
		}
	}
	slices.SortFunc(out, slices.Compare)
	return slices.CompactFunc(out, slices.Equal)
}

// leafPaths drops paths that are the beginning of another: those are records.
func leafPaths(paths [][]string) [][]string {
	var out [][]string
	for i, p := range paths {
		// paths are sorted, so a longer path follows its beginning.
		if i+1 < len(paths) && len(paths[i+1]) > len(p) && strings.Join(paths[i+1][:len(p)], "\x00") == strings.Join(p, "\x00") {
			continue
		}
		out = append(out, p)
	}
	return out
}

func openRecord(leaves [][]string, choice []int) resolved.RecordType {
	root := resolved.RecordType{}
	for i, path := range leaves {
		at := root
		for _, key := range path[:len(path)-1] {
			next, ok := at[types.String(key)].Type.(resolved.RecordType)
			if !ok {
				next = resolved.RecordType{}
				at[types.String(key)] = resolved.Attribute{Type: next}
			}
			at = next
		}
		at[types.String(path[len(path)-1])] = resolved.Attribute{Type: openCandidates[choice[i]]}
	}
	return root
}
