package wire

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
)

// Limits for requests from Discord.
const (
	// SignatureAge is the maximum difference between a signature's timestamp and our clock.
	SignatureAge = 5 * time.Minute
	// InteractionSize is larger than any interaction; that of a button contains its
	// message.
	InteractionSize = 256 << 10
)

// ReadPublicKey parses an application's public key, in hexadecimal.
func ReadPublicKey(s string) (ed25519.PublicKey, error) {
	key, err := hex.DecodeString(s)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("it must be 64 hexadecimal digits")
	}
	return key, nil
}

// HTTPRefusal is the answer to a rejected request.
type HTTPRefusal struct {
	Status int
	Words  string
}

// ReadSigned returns the body of a request if it is JSON of a reasonable size
// with a recent signature over its timestamp and body by the owner of the key. It
// reads the whole body first.
// https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint-validating-security-request-headers
func ReadSigned(w http.ResponseWriter, r *http.Request, key ed25519.PublicKey) ([]byte, *HTTPRefusal) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, &HTTPRefusal{http.StatusMethodNotAllowed, "interactions must be posted"}
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, &HTTPRefusal{http.StatusUnsupportedMediaType, "interactions must be JSON"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, InteractionSize))
	if err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return nil, &HTTPRefusal{http.StatusRequestEntityTooLarge, "the body is too large"}
		}
		return nil, &HTTPRefusal{http.StatusBadRequest, "the body cannot be read"}
	}
	stamp := r.Header.Get("X-Signature-Timestamp")
	if !fresh(stamp, time.Now()) {
		return nil, &HTTPRefusal{http.StatusUnauthorized, "the time of the request is too far from now"}
	}
	signature, err := hex.DecodeString(r.Header.Get("X-Signature-Ed25519"))
	if err != nil || !ed25519.Verify(key, append([]byte(stamp), body...), signature) {
		return nil, &HTTPRefusal{http.StatusUnauthorized, "invalid request signature"}
	}
	return body, nil
}

// fresh reports whether a Unix timestamp is close to now.
func fresh(stamp string, now time.Time) bool {
	at, err := strconv.ParseInt(stamp, 10, 64)
	return err == nil && now.Sub(time.Unix(at, 0)).Abs() <= SignatureAge
}
