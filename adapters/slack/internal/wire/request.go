package wire

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/bot/chat"
)

// MaxBody is the most of a request that is read. The press of a button comes
// with the whole message that the button stands in.
const MaxBody = 1 << 20

// ReadRequest reads the body of a request that may be Slack's. With ok false the
// request is answered: it is none that Slack posts, cannot be read, or only asks
// whether anybody is there.
func ReadRequest(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	if r.Method != http.MethodPost {
		if r.Method == http.MethodGet && r.URL.Query().Get("ssl_check") == "1" {
			return nil, false
		}
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Slack posts here", http.StatusMethodNotAllowed)
		return nil, false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		if _, long := errors.AsType[*http.MaxBytesError](err); long {
			http.Error(w, "too long", http.StatusRequestEntityTooLarge)
		} else {
			http.Error(w, "it broke off", http.StatusBadRequest)
		}
		return nil, false
	}
	return body, !bytes.HasPrefix(body, []byte("ssl_check=1"))
}

// Signed reports whether Slack has signed a body with the secret within five
// minutes
// (https://docs.slack.dev/authentication/verifying-requests-from-slack). That it was
// not heard before is another matter.
func Signed(secret chat.Secret, h http.Header, body []byte) bool {
	v, err := slack.NewSecretsVerifier(h, secret.Reveal())
	if err != nil {
		return false
	}
	_, _ = v.Write(body) // a hash takes everything
	return v.Ensure() == nil
}

// Answer answers a request of Slack's with JSON, or with nothing. Where the work
// goes on behind that it goes off at once, and the connection is given up with it,
// since no other request may wait behind this one.
func Answer(w http.ResponseWriter, data []byte, going bool) {
	h := w.Header()
	h.Set("Content-Length", strconv.Itoa(len(data)))
	if len(data) > 0 {
		h.Set("Content-Type", jsonBody)
	}
	if going {
		h.Set("Connection", "close")
	}
	_, _ = w.Write(data) // who has gone does not read it
	if going {
		_ = http.NewResponseController(w).Flush()
	}
}
