package render

import (
	"testing"

	"github.com/digestbot/digestbot/adapters/slack/internal/payloadtest"
)

func TestCheckChannel(t *testing.T) {
	for _, id := range []string{"C0123456789", "G01234567", "D01234567"} {
		if err := CheckChannel(id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	for _, id := range []string{"", "#general", "general", "C1", "c0123456789", "U0123456789", "123456789012345678"} {
		if err := CheckChannel(id); err == nil {
			t.Errorf("%q is taken for a channel", id)
		}
	}
}

func TestCheckMention(t *testing.T) {
	for _, id := range append(payloadtest.Groups, "S0123456789") {
		if err := CheckMention(id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	for _, id := range []string{"", "@readers", "readers", "S1", "s0123456789", "U0123456789", "S0123456789>", "<!subteam^S0123456789>"} {
		if err := CheckMention(id); err == nil {
			t.Errorf("%q is taken for a user group", id)
		}
	}
}
