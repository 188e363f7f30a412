package web

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// TestUnreadableMessages: an unreadable message affects nothing else. The page,
// later loads, open pages and threads say so in its place and show the others;
// the log says so once per message.
func TestUnreadableMessages(t *testing.T) { inEach(t, checkUnreadableMessages) }

func checkUnreadableMessages(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for name, payload := range map[string]string{
		"cut": `{`, "nothing": ``, "no object": `[1]`, "no JSON": "\x00\xff", "empty": `{}`, "another type": `{"title":7}`, "bad time": `{"note":[{"text":"a","time":"noon"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			a := open(t, "general")
			log := &logged{}
			a.log = slog.New(slog.NewTextHandler(log, nil))
			a.SetBeside(paper("Paper"))
			base := listen(t, a, tree, &echo{})
			post(t, a, "general", chat.Message{Title: "The first"}, "k1")
			harmed := post(t, a, "general", chat.Message{Title: "The second"}, "k2")
			post(t, a, "general", chat.Message{Title: "The third"}, "k3")
			under, err := a.Send(t.Context(), chat.Under(harmed), chat.Payload(`{"title":{"label":"The reply"}}`), "k4")
			if err != nil {
				t.Fatal(err)
			}
			next := stream(t, base+"/events?channel=general", "")
			harm := func(id string) {
				t.Helper()
				if _, err := a.store.change(t.Context(), `UPDATE @message SET payload = ?1 WHERE id = ?2`, []byte(payload), numberOf(id)); err != nil {
					t.Fatal(err)
				}
			}
			harm(harmed.ID)

			const words = "This message cannot be read."
			ask := func(path string) (int, string) {
				t.Helper()
				req := request(t, "GET", base+path, "")
				req.Header.Set("Accept-Language", "eo")
				res, body := get(t, req)
				return res.StatusCode, body
			}
			for range 3 {
				for _, path := range []string{"/", "/c/general", "/api/messages?channel=general"} {
					status, body := ask(path)
					if status != http.StatusOK || strings.Count(body, words) != 1 || !strings.Contains(body, "“"+words) ||
						!strings.Contains(body, "The first") || !strings.Contains(body, "The third") || !strings.Contains(body, "The reply") {
						t.Fatalf("%s: %d %s", path, status, body)
					}
				}
			}
			if _, body := ask("/"); strings.Count(body, "data-beside") != 3 {
				t.Errorf("%d messages can be seen as elsewhere, want the three that can be read", strings.Count(body, "data-beside"))
			}
			if id, event, data := next(); id != "5" || event != "message" || !strings.Contains(data, words) || !strings.Contains(data, "The reply") {
				t.Errorf("the open page is told %s %s %s", id, event, data)
			}
			for _, path := range []string{"/beside/Paper/2", "/beside/Paper/2/json", "/beside/Paper/2/0"} {
				if status, body := ask(path); status != http.StatusInternalServerError || !strings.Contains(body, "“"+words) {
					t.Errorf("%s: %d %s", path, status, body)
				}
			}
			if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=WARN") || !strings.Contains(got, " message=2 channel=web:general ") ||
				!strings.Contains(got, "remedy=") || !strings.Contains(got, a.store.place()) {
				t.Errorf("the log:\n%s", got)
			}

			harm(under.ID)
			if status, body := ask("/"); status != http.StatusOK || strings.Count(body, words) != 2 || !strings.Contains(body, "The first") {
				t.Errorf("with a reply that cannot be read: %d %s", status, body)
			}
			if got := log.String(); strings.Count(got, "\n") != 2 || strings.Count(got, " message=4 ") != 1 {
				t.Errorf("the log:\n%s", got)
			}

			// The bot still finds it and can replace it.
			if _, err := a.Find(t.Context(), harmed.Channel, "k2", time.Time{}); err != nil {
				t.Errorf("Find: %v", err)
			}
			edit(t, a, harmed, chat.Message{Title: "The corrected"}, "k2")
			if _, body := ask("/"); strings.Count(body, words) != 1 || !strings.Contains(body, "The corrected") {
				t.Errorf("after a correction: %s", body)
			}
		})
	}
}
