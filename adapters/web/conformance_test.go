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

func TestConformance(t *testing.T) { inEach(t, checkConformance) }

func checkConformance(t *testing.T) {
	adaptertest.Run(t, adaptertest.Harness{
		Open:   openStand,
		Texts:  payloadTexts,
		Check:  checkPayload,
		Golden: "testdata",
	})
}

// openStand opens a room for the conformance suite. A room cannot fail, so
// the suite's faults do not apply.
func openStand(t *testing.T) adaptertest.Stand {
	a := open(t)
	serve(t.Context(), t, a)
	channel := chat.Channel{Adapter: "web", ID: "general"}
	standing := func(in chat.Channel) []chat.Payload {
		rows, err := a.store.messages(t.Context(), `channel = ?1 AND thread IS NOT DISTINCT FROM CAST(?2 AS BIGINT) ORDER BY id`, in.ID, threadOf(in))
		if err != nil {
			t.Fatal(err)
		}
		var all []chat.Payload
		for _, m := range rows {
			all = append(all, m.Payload)
		}
		return all
	}
	posted := func() []chat.Payload { return standing(channel) }
	var body []byte
	return adaptertest.Stand{
		Adapter: a,
		Local:   true,
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
