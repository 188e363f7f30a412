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

// MaxBody is the maximum size of a request in bytes. A button press contains
// the whole message of the button.
const MaxBody = 1 << 20

// ReadRequest reads the body of a request that may be Slack's. If ok is false,
// the request has been answered: it is not one of Slack's, it cannot be read, or
// it only checks whether the server is up.
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
			http.Error(w, "the request broke off", http.StatusBadRequest)
		}
		return nil, false
	}
	return body, !bytes.HasPrefix(body, []byte("ssl_check=1"))
}

// Signed reports whether Slack has signed a body with the secret within five
// minutes
// (https://docs.slack.dev/authentication/verifying-requests-from-slack). It does not
// check for replays.
func Signed(secret chat.Secret, h http.Header, body []byte) bool {
	v, err := slack.NewSecretsVerifier(h, secret.Reveal())
	if err != nil {
		return false
	}
	_, _ = v.Write(body) // writing to a hash never fails
	return v.Ensure() == nil
}

// Answer answers a request by Slack with JSON or an empty body. If work continues
// afterwards, the answer is flushed at once and the connection is not reused, so
// that no other request waits behind this one.
func Answer(w http.ResponseWriter, data []byte, going bool) {
	h := w.Header()
	h.Set("Content-Length", strconv.Itoa(len(data)))
	if len(data) > 0 {
		h.Set("Content-Type", jsonBody)
	}
	if going {
		h.Set("Connection", "close")
	}
	_, _ = w.Write(data) // the client may be gone
	if going {
		_ = http.NewResponseController(w).Flush()
	}
}
