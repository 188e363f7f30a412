// Package adapters is the table of the platforms: one line each. It never
// knows what a platform does.
package adapters

import (
	"github.com/digestbot/digestbot/adapters/discord"
	"github.com/digestbot/digestbot/adapters/paper"
	"github.com/digestbot/digestbot/adapters/slack"
	"github.com/digestbot/digestbot/adapters/web"
	"github.com/digestbot/digestbot/bot/chat"
)

// Kinds are the platforms, in the order in which they are reported.
var Kinds = []Kind{
	single("web room", kind("web", web.Defaults, web.Open, web.CheckChannel, web.CheckMention, nil)),
	kind("discord", discord.Defaults, discord.Open, discord.CheckChannel, discord.CheckMention, discord.CheckHome),
	optional(kind("paper", paper.Defaults, paper.Open, paper.CheckChannel, paper.CheckMention, nil)),
	kind("slack", slack.Defaults, slack.Open, slack.CheckChannel, slack.CheckMention, nil),
}

// Sheet draws messages as one HTML document that stands on its own, each with how it looks
// on other platforms beside it. It looks like the web room.
var Sheet = web.Sheet

// Kind is one platform. Several adapters may be of one kind: two Slack
// workspaces are two names.
type Kind struct {
	Name string
	// Optional says that there is an adapter of the kind only where config.toml has a
	// table for it; else there is one anyway, which may be off.
	Optional bool
	// Single is what people call an adapter of the kind, if there may be one alone, such as
	// the one at the root of the bot's HTTP server; empty if there may be several.
	Single string
	// Config makes a pointer to the kind's configuration with its defaults, to
	// be filled from a table of config.toml.
	Config func() any
	// Open opens an adapter with what Config made. It causes no traffic but to the database of
	// its Env, if there is one.
	Open func(env chat.Env, config any) (Adapter, error)
	// CheckChannel says in words what is wrong with a channel's id.
	CheckChannel func(id string) error
	// CheckMention says in words what is wrong with the id of a role or a user
	// group that is to be notified.
	CheckMention func(id string) error
	// CheckHome says in words why an adapter with what Config made does not answer
	// the people of a home, see chat.Homer; "" is what is in no home. Nil answers all.
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
