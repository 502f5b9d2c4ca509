package refunddesk

import (
	"encoding/json"
	"regexp"
	"strings"
)

// The scripted model also plays the other two parts that an evaluation can give a
// model: a judge, and a customer.
const (
	judgeTask = "You grade the work of an AI agent"
	userTask  = "You play a person who talks to an AI agent"
)

var judgedAnswer = regexp.MustCompile(`(?s)=====([0-9a-f]+) BEGIN ANSWER\n(.*?)\n=====`)

// verdict grades an answer by a rule: a good one says what was or will be done.
func verdict(req chatRequest) chatMessage {
	last := req.Messages[len(req.Messages)-1].Content
	found := judgedAnswer.FindStringSubmatch(last)
	if found == nil {
		return chatMessage{Role: "assistant", Content: "There is no answer to grade."}
	}
	out := map[string]any{"id": found[1], "reason": "It says what happens to the order.", "verdict": "pass"}
	if !regexp.MustCompile(`paid back|on its way|number of your order|cannot find`).MatchString(found[2]) {
		out["reason"], out["verdict"] = "It does not say what happens to the order.", "fail"
	}
	if strings.Contains(last, `"mark":`) {
		out["mark"] = 4
		if out["verdict"] == "fail" {
			out["mark"] = 2
		}
		delete(out, "verdict")
	}
	data, _ := json.Marshal(out) // texts and numbers
	return chatMessage{Role: "assistant", Content: string(data)}
}

// customer answers what the agent asks for, and is done then.
func customer(req chatRequest) chatMessage {
	text := "DONE"
	if strings.Contains(req.Messages[len(req.Messages)-1].Content, "number of your order") {
		text = "It is order A-10042."
	}
	return chatMessage{Role: "assistant", Content: text}
}
