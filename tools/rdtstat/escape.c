// SPDX-License-Identifier: GPL-2.0-or-later
#include "escape.h"

#include <langinfo.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "xalloc.h"

/*
 * The length of the UTF-8 sequence at s and its code point, or 0: overlong forms, surrogates and what
 * lies above U+10FFFF are no UTF-8. The terminating NUL is no continuation byte, so nothing is read
 * beyond it.
 */
static size_t decode_utf8(const unsigned char *s, uint32_t *ret_point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t point;
	size_t length, i;

	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	point = s[0] & (0x7fU >> length);
	for (i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret_point = point;
	return length;
}

/* C1 controls act like escape sequences; the others hide or reorder what stands around them, so that
 * one name can be made to look like another. */
static bool is_harmful(uint32_t point)
{
	return point < 0xa0 || point == 0xad || point == 0x61c || point == 0x180e ||
	       (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2060 && point <= 0x206f) || point == 0xfeff ||
	       (point >= 0xfff9 && point <= 0xfffb) || (point >= 0xe0000 && point <= 0xe007f);
}

char *escape(const char *bytes, bool keep_utf8)
{
	const unsigned char *s = (const unsigned char *)bytes;
	/* No byte becomes more than the four of \xHH. */
	char *text = xcalloc(strlen(bytes) + 1, 4);
	char *out = text;

	while (*s) {
		uint32_t point;
		size_t length = decode_utf8(s, &point);

		if (keep_utf8 && length && !is_harmful(point)) {
			memcpy(out, s, length);
			out += length;
			s += length;
			continue;
		}
		if (*s == '\\')
			out += sprintf(out, "\\\\");
		else if (*s == '\n')
			out += sprintf(out, "\\n");
		else if (*s == '\t')
			out += sprintf(out, "\\t");
		else if (*s < 0x20 || *s >= 0x7f)
			out += sprintf(out, "\\x%02x", *s);
		else
			*out++ = (char)*s;
		s++;
	}
	*out = '\0';
	return text;
}

char *escape_for_terminal(const char *bytes)
{
	return escape(bytes, strcmp(nl_langinfo(CODESET), "UTF-8") == 0);
}
