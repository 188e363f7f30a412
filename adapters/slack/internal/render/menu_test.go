package render

import (
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters/slack/internal/payloadtest"
	"github.com/digestbot/digestbot/bot/chat"
)

// TestMenuThatHasNoRoom: a choice that does not fit is written out.
func TestMenuThatHasNoRoom(t *testing.T) {
	hostile := []chat.Choice{
		{Label: strings.Repeat("長", maxOption+1), Line: "/digest tag long"},
		{Label: "line", Line: "/digest tag " + strings.Repeat("x", maxOptionValue)},
		{Label: "<!channel> @everyone", Line: "/digest tag <!channel>"},
		{Label: "👨‍👩‍👧‍👦 العربية", Line: "/digest tag 👨‍👩‍👧‍👦"},
		{Line: "/digest tag nameless"},
		{},
	}
	m := chat.Message{Title: "T", Blocks: []chat.Block{
		chat.Select{Label: strings.Repeat("label ", 50), Choices: append(payloadtest.Choices(250), hostile...)},
		chat.Select{Choices: payloadtest.Choices(1)},
		chat.Select{Label: "x", Line: "/digest " + strings.Repeat("y", maxActionID), Choices: payloadtest.Choices(2)},
		chat.Select{Label: "empty"},
	}}
	payloads, err := Payloads(m)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, p := range payloads {
		if err := payloadtest.Check(p); err != nil {
			t.Error(err)
		}
		all.WriteString(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(p)))
		all.WriteString(strings.Join(payloadtest.Texts(p), "\n"))
		if _, _, err := Draw(p); err != nil {
			t.Error(err)
		}
	}
	for _, c := range append(payloadtest.Choices(250), hostile[:5]...) {
		words := strings.NewReplacer("<!", "<"+joiner+"!", "@every", "@"+joiner+"every").Replace(c.Label)
		if !strings.Contains(all.String(), words) || !strings.Contains(all.String(), c.Line) {
			t.Errorf("the choice %q %q is lost", c.Label, c.Line)
		}
	}
	if !strings.Contains(all.String(), strings.TrimSpace(strings.Repeat("label ", 50))) {
		t.Error("the label is lost")
	}
}
