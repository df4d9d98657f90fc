/* The registers of a Kilobot's processor, of which a cell has none. */
