package main

import (
	"log/slog"
	"os"
	"testing"

	"github.com/digestbot/digestbot/.ci/bench/stand"
	"github.com/digestbot/digestbot/adapters/discord"
	"github.com/digestbot/digestbot/adapters/slack"
	"github.com/digestbot/digestbot/bot/chat"
)

// The measurements assume this number of messages for each channel.
func TestDigestHasItsParts(t *testing.T) {
	s, err := stand.NewSite(t.TempDir(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.Digest(), []byte(stand.Digest()), 0o600); err != nil {
		t.Fatal(err)
	}
	whole, err := message(s)
	if err != nil {
		t.Fatal(err)
	}
	env := chat.Env{Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "" }}
	onDiscord, err := discord.Open(env, discord.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	onSlack, err := slack.Open(env, slack.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []chat.Adapter{onDiscord, onSlack} {
		if payloads, err := a.Render(whole); err != nil || len(payloads) != stand.Parts {
			t.Errorf("%T: %d payloads, %v", a, len(payloads), err)
		}
	}
}
