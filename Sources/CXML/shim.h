// libxml2's own headers pull in ICU's when it was built with ICU, as Debian's is, and those clash with the ICU within Foundation
// wherever both are imported. Only the converter handler's layout depends on it, which nobody here touches.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/HTMLparser.h>
#include <libxml/xmlerror.h>
