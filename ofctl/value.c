#include "value.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

int value_style_parse(const char *text, enum value_style *style, struct err *err)
{
	static const char *const names[] = {
		[VALUE_STRING] = "string",
		[VALUE_BARE] = "bare",
		[VALUE_JSON] = "json",
	};

	for (int i = VALUE_STRING; i <= VALUE_JSON; i++) {
		if (!strcmp(text, names[i])) {
			*style = (enum value_style)i;
			return 0;
		}
	}
	return err_set(err, EINVAL, "unknown format of cells '%s': use string, bare or json", text);
}
