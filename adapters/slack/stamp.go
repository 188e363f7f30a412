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
	// eventType names the metadata of a post, blockMark begins the id of its
	// first block. Metadata may be dropped when Slack does not like it; a
	// block's id comes back as it was sent.
	eventType = "digest_part"
	blockMark = "dg:"
)

// target is where a payload goes.
type target struct {
	Channel string `json:"channel"`
	Thread  string `json:"thread_ts,omitempty"`
	TS      string `json:"ts,omitempty"` // of the message that it replaces
}

// metadata carries the key of a post, and comes back with the history.
type metadata struct {
	Type    string `json:"event_type"`
	Payload struct {
		Key string `json:"key"`
	} `json:"event_payload"`
}

// withKey is a payload with its place, and with its key in its metadata and in the
// id of its first block. Nothing else of it is changed.
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
		return nil, errors.New("it is no object")
	}
	if len(post.Blocks) > 0 {
		var first map[string]json.RawMessage
		if err := json.Unmarshal(post.Blocks[0], &first); err != nil {
			return nil, fmt.Errorf("its first block: %w", err)
		}
		if first == nil {
			return nil, errors.New("its first block is no object")
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

// ownPost is the ts of a message of the history if this bot posted it with the
// key. Only the bot's own messages are read further than to see that they are:
// others may hold anything.
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

// tsOf is the ts of a message, which orders messages as text does; empty for what
// has none.
func tsOf(message json.RawMessage) string {
	var m struct {
		TS string `json:"ts"`
	}
	_ = json.Unmarshal(message, &m) // others may hold anything
	return m.TS
}
