package slack

import (
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
)

// rendered returns the payloads of a message.
func rendered(t testing.TB, m chat.Message) []chat.Payload {
	t.Helper()
	payloads, err := (&Adapter{}).Render(m)
	if err != nil {
		t.Fatal(err)
	}
	return payloads
}

// Limits that tests reach: of Slack's menus and views, the text of a message, and
// a page of the history.
const (
	maxOptions     = 100
	maxOptionValue = 150
	maxViewTitle   = 24
	maxMetadata    = 3000
	maxInput       = 3000
	maxTotal       = 8500
	pageSize       = 200
)
