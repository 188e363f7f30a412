// Package adapters lists the platforms, one line each. It never knows what
// a platform does.
package adapters

import (
	"github.com/digestbot/digestbot/adapters/discord"
	"github.com/digestbot/digestbot/adapters/paper"
	"github.com/digestbot/digestbot/adapters/slack"
	"github.com/digestbot/digestbot/adapters/web"
	"github.com/digestbot/digestbot/bot/chat"
)

// Kinds lists the platforms, in the order in which they are reported.
var Kinds = []Kind{
	single("web room", kind("web", web.Defaults, web.Open, web.CheckChannel, web.CheckMention, nil)),
	kind("discord", discord.Defaults, discord.Open, discord.CheckChannel, discord.CheckMention, discord.CheckHome),
	optional(kind("paper", paper.Defaults, paper.Open, paper.CheckChannel, paper.CheckMention, nil)),
	kind("slack", slack.Defaults, slack.Open, slack.CheckChannel, slack.CheckMention, nil),
}

// Sheet draws messages as one self-contained HTML document that looks like the web room.
// Beside each message it shows how the message looks on other platforms.
var Sheet = web.Sheet

// Kind is one platform. Several adapters may be of the same kind: two Slack
// workspaces are two names.
type Kind struct {
	Name string
	// Optional kinds have an adapter only if config.toml has a table for it. All
	// other kinds always have one, which may be off.
	Optional bool
	// Single is what people call the adapter of a kind that may have only one, such as the
	// one at the root of the bot's HTTP server. It is empty if there may be several.
	Single string
	// Config returns a pointer to the kind's default configuration, to be
	// filled from a table of config.toml.
	Config func() any
	// Open opens an adapter with a configuration from Config. It causes no traffic except to
	// the database of env, if there is one.
	Open func(env chat.Env, config any) (Adapter, error)
	// CheckChannel returns an error that says in words what is wrong with a channel's id.
	CheckChannel func(id string) error
	// CheckMention does the same for the id of a role or user group to be
	// notified.
	CheckMention func(id string) error
	// CheckHome says in words why an adapter with this configuration does not answer
	// the people of a home (see chat.Homer); home is "" for those in no home. If
	// CheckHome is nil, the adapter answers everyone.
	CheckHome func(config any, home string) error
}

// Adapter is a chat.Adapter that holds resources.
type Adapter interface {
	chat.Adapter
	Close() error
}

func optional(k Kind) Kind {
	k.Optional = true
	return k
}

func single(called string, k Kind) Kind {
	k.Single = called
	return k
}

func kind[C any, A Adapter](name string, defaults func() C, open func(chat.Env, C) (A, error), channel, mention func(string) error, home func(C, string) error) Kind {
	k := Kind{
		Name:         name,
		Config:       func() any { c := defaults(); return &c },
		CheckChannel: channel,
		CheckMention: mention,
		Open: func(env chat.Env, config any) (Adapter, error) {
			a, err := open(env, *config.(*C))
			if err != nil {
				return nil, err // not a, which is a typed nil
			}
			return a, nil
		},
	}
	if home != nil {
		k.CheckHome = func(config any, in string) error { return home(*config.(*C), in) }
	}
	return k
}
