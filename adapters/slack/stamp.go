package slack

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
)

const (
	// eventType is the type of a post's metadata, and blockMark begins the id
	// of its first block. Slack may drop metadata that it does not like; the id
	// of a block is returned as it was sent.
	eventType = "digest_part"
	blockMark = "dg:"
)

// target is where a payload goes.
type target struct {
	Channel string `json:"channel"`
	Thread  string `json:"thread_ts,omitempty"`
	TS      string `json:"ts,omitempty"` // of the message to be replaced
}

// metadata contains the key of a post, and is part of the history.
type metadata struct {
	Type    string `json:"event_type"`
	Payload struct {
		Key string `json:"key"`
	} `json:"event_payload"`
}

// withKey returns a payload with its target, and with its key in its metadata and
// in the id of its first block. It changes nothing else.
func withKey(p chat.Payload, at target, key chat.Key) (_ []byte, err error) {
	post := struct {
		*render.Body[json.RawMessage]
		target
		Metadata metadata `json:"metadata"`
	}{target: at, Metadata: metadata{Type: eventType}}
	post.Metadata.Payload.Key = string(key)
	if err := json.Unmarshal(p, &post.Body); err != nil {
		return nil, err
	}
	if post.Body == nil {
		return nil, errors.New("it is not an object")
	}
	if len(post.Blocks) > 0 {
		var first map[string]json.RawMessage
		if err := json.Unmarshal(post.Blocks[0], &first); err != nil {
			return nil, fmt.Errorf("its first block: %w", err)
		}
		if first == nil {
			return nil, errors.New("its first block is not an object")
		}
		if first["block_id"], err = layout.JSON(blockMark + string(key)); err != nil {
			return nil, err
		}
		if post.Blocks[0], err = layout.JSON(first); err != nil {
			return nil, err
		}
	}
	return layout.JSON(post)
}

// ownPost returns the ts of a message in the history if this bot posted it
// with the key. Only the bot's own messages are parsed completely, because
// others may contain anything.
func ownPost(message json.RawMessage, bot string, key chat.Key) (ts string, err error) {
	var from struct {
		BotID string `json:"bot_id"`
	}
	if json.Unmarshal(message, &from) != nil || from.BotID != bot {
		return "", nil
	}
	var m struct {
		TS       string `json:"ts"`
		Metadata struct {
			Type    string         `json:"event_type"`
			Payload map[string]any `json:"event_payload"`
		} `json:"metadata"`
		Blocks []struct {
			ID string `json:"block_id"`
		} `json:"blocks"`
	}
	if err := json.Unmarshal(message, &m); err != nil {
		return "", fmt.Errorf("a message of the bot: %w", err)
	}
	if m.Metadata.Type == eventType && m.Metadata.Payload["key"] == string(key) ||
		len(m.Blocks) > 0 && m.Blocks[0].ID == blockMark+string(key) {
		return m.TS, nil
	}
	return "", nil
}

// tsOf returns the ts of a message, or "" if it has none. The order of messages
// is the text order of ts.
func tsOf(message json.RawMessage) string {
	var m struct {
		TS string `json:"ts"`
	}
	_ = json.Unmarshal(message, &m) // other apps' messages may contain anything
	return m.TS
}
