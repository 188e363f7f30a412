package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
)

// Stamp parses a payload of Render and adds the key: before the line of each
// button, and as the nonce.
func Stamp(p chat.Payload, key chat.Key) (Message, error) {
	var m Message
	if err := json.Unmarshal(p, &m); err != nil {
		return m, fmt.Errorf("payload: %w", err)
	}
	if m.AllowedMentions.Parse == nil || len(m.AllowedMentions.Parse) > 0 {
		return m, errors.New("payload: it does not say that it notifies nobody")
	}
	found := false
	for _, r := range m.Components {
		for i := range r.Components {
			if b := &r.Components[i]; strings.HasPrefix(b.CustomID, KeyEnd) {
				b.CustomID, found = string(key)+b.CustomID, true
			}
		}
	}
	if !found {
		return m, errors.New("payload: it has no button to carry the key")
	}
	m.Nonce, m.EnforceNonce = key, true
	return m, nil
}
