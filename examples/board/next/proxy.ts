import { type NextRequest, NextResponse } from "next/server";
import { ASK, isAda } from "../guard";

/** What Next asks first, before any route of the board. */
export function proxy(request: NextRequest): NextResponse {
  if (isAda(request.headers.get("authorization"))) return NextResponse.next();
  return new NextResponse(null, { status: 401, headers: ASK });
}

export const config = { matcher: ["/jobs", "/jobs/:path*"] };
