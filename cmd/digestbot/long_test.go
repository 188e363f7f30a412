package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/slackfake"
)

// A digest that would take dozens of messages is posted as headlines, with the rest one
// press away.
func TestLongDigestIsPostedAsHeadlines(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	today := time.Now().UTC().Format(time.DateOnly)
	text := "---\ntitle: A long week\ndate: " + today + "\n---\n\n"
	for i := range 100 {
		text += fmt.Sprintf("## Story number %d of it\n\n%s\n\n**Source:** [Page](https://long.example/%d)\n\n", i+1, strings.Repeat("What happened, and @everyone why it matters 👩‍👩‍👧‍👦. ", 30), i+1)
	}
	for _, byHTTP := range []bool{false, true} {
		stage := play(t, byHTTP, map[string]string{today + "-week.md": text}, "")
		for platform, messages := range map[string]int{"discord": len(stage.discord.Messages(discordChannel)), "slack": len(stage.slack.Messages(slackfake.General))} {
			if messages < 1 || messages > 10 {
				t.Errorf("%s has %d messages of the digest, want 1 to 10", platform, messages)
			}
		}
		delete(stage.ways, "web") // one message is enough there
		stage.each(func(_ *testing.T, as func(person) *voice) {
			v := as(rui)
			v.Says("/digest latest").Sees("Story number 30 ", "… and 70 more stories").SeesNot("Story number 31 ", "why it matters").Privately()
			v.Presses("All 100 stories").Sees("Story number 8 ").SeesNot("Story number 9 ").Privately()
			v.Presses("More →").Sees("Story number 16 ").Privately()
			v.Chooses("Open a story", "Story number 16 of it").Sees("why it matters").Sees("https://long.example/16").Privately()
		})
	}
}
