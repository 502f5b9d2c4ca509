package guard

import (
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"

	"github.com/aureus-agents/aureus/blueprint"
)

const (
	agentType  types.EntityType = "Agent"
	toolType   types.EntityType = "Tool"
	actionType types.EntityType = "Action"
)

var intents = []blueprint.Intent{blueprint.IntentRead, blueprint.IntentWrite, blueprint.IntentDelete, blueprint.IntentExecute, blueprint.IntentAdmin}

var callAction = types.NewEntityUID(actionType, "call")

func actionOf(i blueprint.Intent) types.EntityUID {
	return types.NewEntityUID(actionType, types.String(i))
}

var (
	stringType  resolved.IsType = resolved.StringType{}
	longType    resolved.IsType = resolved.LongType{}
	boolType    resolved.IsType = resolved.BoolType{}
	decimalType resolved.IsType = resolved.ExtensionType("decimal")
	stringsType resolved.IsType = resolved.SetType{Element: resolved.StringType{}}
)

func attrs(m map[types.String]resolved.IsType) resolved.RecordType {
	r := make(resolved.RecordType, len(m))
	for k, t := range m {
		r[k] = resolved.Attribute{Type: t}
	}
	return r
}

var agentShape = attrs(map[types.String]resolved.IsType{"zone": longType, "tier": stringType, "sessionBudget": boolType, "dayBudget": boolType})

var toolShape = attrs(map[types.String]resolved.IsType{
	"server": stringType, "tier": stringType, "intent": stringType, "zone": longType, "permitted": boolType,
	"phases": stringsType, "approvalPhases": stringsType,
	"readsOutside": boolType, "readsPrivate": boolType, "actsOutside": boolType, "actsInside": boolType,
})

var leftShape = attrs(map[types.String]resolved.IsType{
	"toolCalls": longType, "steps": longType, "tokens": longType, "costMicroUSD": longType, "rate": longType, "spend": longType,
	"session": useShape, "day": useShape,
})

var useShape = attrs(map[types.String]resolved.IsType{"toolCalls": longType, "tokens": longType, "costMicroUSD": longType, "spend": longType})

var originsShape = attrs(map[types.String]resolved.IsType{
	"user": stringsType, "blueprint": stringsType, "trusted": stringsType, "selected": stringsType, "record": stringsType,
	"outside": stringsType, "unknown": stringsType,
})

// contextFields are the names of a request's context.
var contextFields = []string{"args", "asked", "confidentiality", "content", "left", "origins", "phase", "spend", "spending", "tainted", "target"}

// argShapes is context.args: each argument with its value, origin and role.
func argShapes(args resolved.RecordType) resolved.RecordType {
	out := make(resolved.RecordType, len(args))
	for name, a := range args {
		shape := attrs(map[types.String]resolved.IsType{"value": a.Type, "origin": stringType, "role": stringType})
		out[name] = resolved.Attribute{Type: shape, Optional: a.Optional}
	}
	return out
}

// cedarSchema is the schema of a call of one tool whose arguments have type
// args. Argument types differ per tool, so there is one schema a tool, and a
// policy is checked in each tool that its scope can match.
func cedarSchema(args resolved.RecordType, intent blueprint.Intent) *resolved.Schema {
	context := attrs(map[types.String]resolved.IsType{
		"args": argShapes(args), "phase": stringType, "tainted": boolType, "confidentiality": longType,
		"left": leftShape, "spend": longType, "origins": originsShape,
		"asked": boolType, "target": stringType, "content": stringType, "spending": stringType,
	})
	s := &resolved.Schema{
		Namespaces: map[types.Path]resolved.Namespace{},
		Enums:      map[types.EntityType]resolved.Enum{},
		Entities: map[types.EntityType]resolved.Entity{
			agentType: {Name: agentType, Shape: agentShape},
			toolType:  {Name: toolType, Shape: toolShape},
		},
		Actions: map[types.EntityUID]resolved.Action{callAction: {Entity: types.Entity{UID: callAction}}},
	}
	parents := types.NewEntityUIDSet(callAction)
	for _, i := range intents {
		a := resolved.Action{Entity: types.Entity{UID: actionOf(i), Parents: parents}}
		// Every intent exists; only the tool's own is applied to a call of it, or
		// when intent is "" (a check of names alone) all of them.
		if i == intent || intent == "" {
			a.AppliesTo = &resolved.AppliesTo{Principals: []types.EntityType{agentType}, Resources: []types.EntityType{toolType}, Context: context}
		}
		s.Actions[a.Entity.UID] = a
	}
	return s
}
