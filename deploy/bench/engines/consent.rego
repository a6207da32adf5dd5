# The rules of consent in Rego: what was said about one person under one need is `data.matters[input.matter]`.
package consent

default allow := false

allow if {
	agreed
	not refused
}

# Another legal ground (R17): against a no, also of who is not asked any more, only where the ground says so.
allow if {
	some ground in matter.grounds
	holds(ground)
	ground.despite
}

allow if {
	some ground in matter.grounds
	holds(ground)
	not closed
}

matter := data.matters[input.matter]

# Whose word is needed (R26, R27).
represented if {
	matter.representative
	not outgrown
}

outgrown if {
	matter.representative.since < matter.fifteen
	input.at >= matter.fifteen
}

needed := [matter.representative] if represented

needed := [matter.mother] if {
	not represented
	not matter.fifteen
}

needed := matter.holders if {
	not represented
	input.at < matter.fifteen
}

needed := [matter.self] if {
	not represented
	input.at >= matter.fifteen
}

agreed if {
	count(needed) > 0
	every speaker in needed {
		some word in words
		opens(word, speaker)
	}
}

agreed if {
	some word in words
	word.alone
	some speaker in needed
	opens(word, speaker)
}

refused if {
	some word in words
	closes(word)
	some speaker in needed
	word.by == speaker.person
}

# Where somebody speaks for a person that is born, the person's own no closes, too (R26).
refused if {
	represented
	some word in words
	closes(word)
	word.by == matter.self.person
}

closed if {
	some word in words
	closes(word)
}

# The words about this road, kind and purpose; a no is about every purpose.
words := [word |
	some word in matter.words
	word.kinds[input.kind]
	meant(word)
	runs(word)
]

meant(word) if not word.yes

meant(word) if word.purpose == input.purpose

runs(word) if {
	word.sender == input.sender
	word.others[input.recipient]
}

runs(word) if {
	word.sender == input.recipient
	word.others[input.sender]
	flows_back(word)
}

flows_back(word) if not word.yes

flows_back(word) if {
	word.mutual
	input.back
}

flows_back(word) if {
	word.mutual
	count(taken(word)) > 0
}

# A yes counts in the right they speak in, since they have had it (R28), and if no no that was lifted has spent it.
opens(word, speaker) if {
	word.yes
	word.by == speaker.person
	word.capacity == speaker.capacity
	word.start >= speaker.since
	word.start <= input.at
	input.at < word.end
	told_of_address(word)
	not spent(word)
}

told_of_address(_) if input.kind != "contact"

told_of_address(_) if not matter.protected

told_of_address(word) if word.address

spent(word) if {
	some other in words
	other.by == word.by
	word.start < lifted(other)
}

lifted(word) := word.start if {
	not word.yes
	word.start <= input.at
	over(word)
}

lifted(word) := max(taken(word)) if {
	word.yes
	replaced(word)
	count(taken(word)) > 0
}

over(word) if count(taken(word)) > 0

over(word) if word.replaced <= input.at

closes(word) if {
	not word.yes
	word.start <= input.at
	not over(word)
}

closes(word) if {
	word.yes
	count(taken(word)) > 0
	not replaced(word)
}

# A later word stands for it; what was taken back after that word is lifted by nothing.
replaced(word) if {
	word.replaced <= input.at
	every at in taken(word) {
		at <= word.replaced
	}
}

taken(word) := [each.at |
	some each in word.taken
	each.at <= input.at
	towards(each, word)
	about(each)
]

towards(each, _) if not each.others

towards(each, word) if {
	word.sender == input.sender
	each.others[input.recipient]
}

towards(each, word) if {
	word.sender == input.recipient
	each.others[input.sender]
}

about(each) if not each.kinds

about(each) if each.kinds[input.kind]

holds(ground) if {
	ground.sender == input.sender
	ground.others[input.recipient]
	ground.kinds[input.kind]
	ground.start <= input.at
	input.at < ground.end
}
