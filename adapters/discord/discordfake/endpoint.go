package discordfake

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Trick is a defect of a signed request.
type Trick uint8

// The tricks.
const (
	Honest    Trick = iota
	Forged          // signed with another key
	Stale           // correctly signed six minutes ago
	Early           // correctly signed for six minutes from now
	Truncated       // half of the signature is missing
	Tampered        // the body differs from the signed one
	Redated         // the time differs from the signed one
	Unsigned        // there is no signature
)

// Tricks are all tricks with which a request must be refused.
var Tricks = []Trick{Forged, Stale, Early, Truncated, Tampered, Redated, Unsigned}

func (t Trick) String() string {
	return [...]string{"honest", "forged", "stale", "early", "truncated", "tampered", "redated", "unsigned"}[t]
}

func newKey() ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // no source of randomness
	}
	return key
}

// PublicKey returns the application's public key as shown in the developer portal.
func (f *Fake) PublicKey() string { return hex.EncodeToString(f.Key.Public().(ed25519.PublicKey)) }

// Sign returns the headers of a request by Discord.
// https://docs.discord.com/developers/interactions/overview#validating-security-request-headers
func (f *Fake) Sign(body []byte, trick Trick) http.Header {
	key, at := f.Key, time.Now()
	switch trick {
	case Forged:
		key = newKey()
	case Stale:
		at = at.Add(-6 * time.Minute)
	case Early:
		at = at.Add(6 * time.Minute)
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	signature := hex.EncodeToString(ed25519.Sign(key, append([]byte(stamp), body...)))
	switch trick {
	case Truncated:
		signature = signature[:len(signature)/2]
	case Tampered:
		signature = hex.EncodeToString(ed25519.Sign(key, append([]byte(stamp), bytes.ToUpper(body)...)))
	case Redated:
		stamp = strconv.FormatInt(at.Unix()-1, 10)
	}
	h := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Discord-Interactions/1.0 (+https://discord.com)"}}
	if trick != Unsigned {
		h["X-Signature-Ed25519"], h["X-Signature-Timestamp"] = []string{signature}, []string{stamp}
	}
	return h
}

// SetEndpoint posts interactions to an address instead of dispatching them by
// the gateway, provided that the address answers a PING and refuses every
// trick. Discord verifies a newly entered address in this way. An empty
// address switches back to the gateway.
func (f *Fake) SetEndpoint(address string) error {
	if address != "" {
		ping := fmt.Appendf(nil, `{"id":"%d","application_id":"%s","type":1,"token":"cGluZw","version":1}`, uint64(time.Now().UnixMilli()-epoch)<<22, AppID)
		answer, err := f.call(&sent{address, ping, f.Sign(ping, Honest)})
		var in struct {
			Type int `json:"type"`
		}
		if err != nil || json.Unmarshal(answer, &in) != nil || in.Type != 1 {
			return fmt.Errorf("interactions_endpoint_url: The specified interactions endpoint url could not be verified: %q, %w", answer, err)
		}
		for _, trick := range Tricks {
			if status, err := f.Try(address, ping, trick); err != nil || status != http.StatusUnauthorized {
				return fmt.Errorf("interactions_endpoint_url: a %s request is answered with %d, %w", trick, status, err)
			}
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.endpoint = address
	return nil
}

func (f *Fake) endpointOrNull() any {
	if f.endpoint == "" {
		return nil
	}
	return f.endpoint
}

// sent is a signed request.
type sent struct {
	address string
	body    []byte
	header  http.Header
}

// Try makes a request with a trick and returns the status of the answer.
func (f *Fake) Try(address string, body []byte, trick Trick) (status int, err error) {
	resp, err := f.request(&sent{address, body, f.Sign(body, trick)})
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// Repeat posts an interaction again, newly signed with a trick, and returns the
// status of the answer.
func (f *Fake) Repeat(i *Interaction, trick Trick) (status int, err error) {
	if i.sent == nil {
		return 0, errors.New("interaction: it was not posted to an endpoint")
	}
	return f.Try(i.sent.address, i.sent.body, trick)
}

func (f *Fake) request(s *sent) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), f.AckLimit)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.address, bytes.NewReader(s.body))
	if err != nil {
		cancel()
		return nil, err
	}
	req.Header = s.header
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = closing{resp.Body, cancel}
	return resp, nil
}

// closing is a body that cancels a context when it is closed.
type closing struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (c closing) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}

// call makes a request and returns the body of a successful answer.
func (f *Fake) call(s *sent) ([]byte, error) {
	resp, err := f.request(s)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		return nil, fmt.Errorf("endpoint: HTTP %d: %s", resp.StatusCode, firstLine(string(body)))
	}
	return body, nil
}

// deliver posts an interaction to the endpoint and handles the first response
// in its answer.
func (f *Fake) deliver(i *Interaction) error {
	raw, err := json.Marshal(i.event)
	if err != nil {
		return err
	}
	i.sent = &sent{f.endpoint, raw, f.Sign(raw, Honest)}
	go func() {
		answer, err := f.call(i.sent)
		if err == nil {
			w := &verdict{}
			if f.first(w, i.ID, i.token, answer); w.status/100 == 2 {
				return
			}
			err = fmt.Errorf("endpoint: first answer %s: %s", firstLine(string(answer)), w.Bytes())
		}
		f.watch("error  the application did not respond: %v", err)
		f.mu.Lock()
		defer f.mu.Unlock()
		i.failed = err
		i.change()
	}()
	return nil
}

// verdict records Discord's opinion of a response; the bot does not see it.
type verdict struct {
	bytes.Buffer
	status int
}

func (v *verdict) Header() http.Header    { return http.Header{} }
func (v *verdict) WriteHeader(status int) { v.status = status }
