package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/adaptertest"
	"github.com/digestbot/digestbot/bot/chat"
)

func TestConformance(t *testing.T) {
	adaptertest.Run(t, adaptertest.Harness{
		Open:   openStand,
		Texts:  payloadTexts,
		Check:  checkPayload,
		Golden: "testdata",
	})
}

// openStand opens a room for the conformance suite. It cannot fail, so the
// suite's faults do not apply.
func openStand(t *testing.T) adaptertest.Stand {
	a := open(t)
	serve(t.Context(), t, a)
	channel := chat.Channel{Adapter: "web", ID: "general"}
	standing := func(in chat.Channel) []chat.Payload {
		rows, err := a.db.QueryContext(t.Context(), `SELECT payload FROM message WHERE channel = ? AND thread IS ? ORDER BY id`, in.ID, threadOf(in))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		var all []chat.Payload
		for rows.Next() {
			var p []byte
			if err := rows.Scan(&p); err != nil {
				t.Fatal(err)
			}
			all = append(all, p)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return all
	}
	posted := func() []chat.Payload { return standing(channel) }
	var body []byte
	return adaptertest.Stand{
		Adapter: a,
		Channel: channel,
		Posted:  posted,
		Replies: standing,
		Alone:   true,
		Ask: func(t *testing.T, _ chat.User, line string) ([]string, bool) {
			t.Helper()
			id := fmt.Sprintf("%s %d", t.Name(), time.Now().UnixNano())
			before := len(posted())
			var err error
			if body, err = json.Marshal(map[string]string{"id": id, "channel": channel.ID, "line": line}); err != nil {
				t.Fatal(err)
			}
			status, html := answered(t, "http://"+a.listen, body)
			if status != http.StatusOK {
				return []string{html}, true
			}
			if html != "" {
				return htmlTexts(t, html), true
			}
			var reply []string
			for _, p := range posted()[before:] {
				reply = append(reply, payloadTexts(p)...)
			}
			return reply, false
		},
		Redeliver: func() { command(t, "http://"+a.listen, body) },
	}
}
