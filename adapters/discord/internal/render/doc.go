// Package render converts chat messages to Discord's format: pages of payloads
// within the platform's limits, forms, suggestions, and a preview for a browser.
//
// It is pure, and never knows a connection or discordgo.
package render
